"""Names that mean something to feedparser, for the fast path. A test holds them to feedparser's own."""

from __future__ import annotations

XML = "http://www.w3.org/XML/1998/namespace"
ATOM = "http://www.w3.org/2005/atom"  # lowercased, as the following

# Namespaces by the prefix that feedparser knows them by. Those of its others that have no meaning for it
# keep the document's own prefix, which may not be one of these.
NAMESPACES = {
    ATOM: "",
    "http://webns.net/mvcb/": "admin",
    "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.georss.org/georss": "georss",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
# Namespaces under which feedparser reads a document differently: other formats, and what is seldom seen.
_ELSEWHERE_NAMES = """
    http://my.netscape.com/rdf/simple/0.9/ http://purl.org/rss/1.0/ http://example.com/newformat#
    http://example.com/necho http://purl.org/echo/ uri/of/echo/namespace# http://purl.org/pie/
    http://purl.org/atom/ns# http://purl.org/rss/1.0/modules/rss091# http://blogs.law.harvard.edu/tech/rss
    http://www.opengis.net/gml http://podlove.org/simple-chapters
    http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html
    http://backend.userland.com/creativecommonsrssmodule http://example.com/dtds/podcast-1.0.dtd
    http://www.w3.org/1999/xlink http://www.w3.org/xml/1998/namespace
"""
ELSEWHERE = frozenset(_ELSEWHERE_NAMES.split())
PREFIXES = frozenset(NAMESPACES.values()) - {""} | {"gml", "psc", "creativecommons", "xml"}
# Attributes that mean something without a prefix: one of a foreign namespace could be taken for them.
_MEANT_NAMES = """
    rel type href url uri length title lang base mode src version term scheme domain label ispermalink
    lastmod medium filesize text about
"""
MEANT = frozenset(_MEANT_NAMES.split())
# Elements to which feedparser gives a meaning, by its names for them.
_HANDLED_NAMES = """
    abstract author body category cc_license channel cloud content content_encoded contributor copyright
    created creativeCommons_license creativecommons_license dc_author dc_contributor dc_creator dc_date
    dc_description dc_language dc_publisher dc_rights dc_subject dc_title dcterms_created dcterms_issued
    dcterms_modified dcterms_valid description email enclosure entry expirationdate feed
    feedburner_browserfriendly fullitem generator geom georss_box georss_line georss_point georss_polygon
    georss_where georssgeom gml_exterior gml_linearring gml_linestring gml_point gml_polygon gml_pos
    gml_poslist guid height homepage id image info issued item itunes_author itunes_block itunes_category
    itunes_email itunes_explicit itunes_image itunes_keywords itunes_link itunes_name itunes_owner
    itunes_subtitle itunes_summary keywords language lastbuilddate link managingeditor media_category
    media_content media_credit media_description media_group media_keywords media_license media_player
    media_rating media_restriction media_thumbnail media_title modified name newlocation psc_chapter
    psc_chapters pubdate published rights rss source subtitle summary tagline tags textInput textinput title
    updated uri url webmaster where width xhtml_body admin_generatoragent admin_errorreportsto
"""
HANDLED = frozenset(_HANDLED_NAMES.split())
# Keys of feedparser's mappings: an element of such a name, without a meaning, would be put in their place.
_KEYS_NAMES = """
    author author_detail authors category channel content contributors copyright copyright_detail created
    created_parsed date date_parsed description description_detail enclosures entries feed
    generator_detail guid guidislink href id image issued issued_parsed items language license link links
    media_content media_credit media_license media_player media_rating media_restriction media_thumbnail
    modified modified_parsed name published published_parsed publisher publisher_detail publishers
    publishers_detail rss source summary summary_detail subtitle subtitle_detail tagline tagline_detail
    tags textinput title title_detail updated updated_parsed url where
"""
KEYS = frozenset(_KEYS_NAMES.split())
# Tags that make feedparser take a text for markup, of those that it knows.
_MARKUP_TAGS_NAMES = """
    a abbr article aside b big blockquote br caption center cite code dd del div dl dt em figcaption figure
    font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li nav ol p pre q s samp section small span strike
    strong sub sup table tbody td tfoot th thead time tr tt u ul var video
"""
MARKUP_TAGS = frozenset(_MARKUP_TAGS_NAMES.split())
