"""What all tables are made of: how constraints are named, and columns of the usual kinds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Text, false, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# An "INTEGER PRIMARY KEY" is the row's own address in SQLite; any other type would cost a second tree.
Id = BigInteger().with_variant(Integer, "sqlite")
Micros = BigInteger  # microseconds since 1970, UTC


def time(name: str) -> Column[int]:
    return Column(name, Micros)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


def words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))
