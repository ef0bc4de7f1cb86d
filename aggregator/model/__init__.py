"""What the parts of the program hand to each other: plain, frozen data without behaviour.

The data's way, with the type that leaves each step::

    config → schedule → fetch → parse → text+fingerprint → candidates+decide → store → publish
    Source   Due        Fetched  Feed    Prepared           Placement           Applied  StoryView

Times are aware datetimes in UTC. Hashes are raw bytes (SHA-256) unless said otherwise.
"""

from aggregator.model.article import ArticleView, Cited, Folded, Origin, RevisionView
from aggregator.model.correction import Change, Correction
from aggregator.model.entry import Enclosure, Entry, Feed, FeedInfo, Hints
from aggregator.model.notice import Notice
from aggregator.model.outlet import Activity, Flow, Icon, SourceStateName, SourceView
from aggregator.model.placement import Held, Link, Move, Placement, Plan
from aggregator.model.poll import Applied, Due, Fetched, Update
from aggregator.model.prepared import Fingerprint, Learnt, Page, Prepared
from aggregator.model.push import HubAsk, HubSays, Subscription
from aggregator.model.signin import SignIn, Token
from aggregator.model.source import Fold, Rule, Source
from aggregator.model.story import LinkEnd, StoryLink, StoryView, TimelineSpec
from aggregator.model.sync import Expected, Served, Stream, StreamSpec, View
from aggregator.model.tie import ALL_SAID, TIE_KINDS, Relation, Tie, TieKind

__all__ = [
    "ALL_SAID",
    "TIE_KINDS",
    "Activity",
    "Applied",
    "ArticleView",
    "Change",
    "Cited",
    "Correction",
    "Due",
    "Enclosure",
    "Entry",
    "Expected",
    "Feed",
    "FeedInfo",
    "Fetched",
    "Fingerprint",
    "Flow",
    "Fold",
    "Folded",
    "Held",
    "Hints",
    "HubAsk",
    "HubSays",
    "Icon",
    "Learnt",
    "Link",
    "LinkEnd",
    "Move",
    "Notice",
    "Origin",
    "Page",
    "Placement",
    "Plan",
    "Prepared",
    "Relation",
    "RevisionView",
    "Rule",
    "Served",
    "SignIn",
    "Source",
    "SourceStateName",
    "SourceView",
    "StoryLink",
    "StoryView",
    "Stream",
    "StreamSpec",
    "Subscription",
    "Tie",
    "TieKind",
    "TimelineSpec",
    "Token",
    "Update",
    "View",
]
