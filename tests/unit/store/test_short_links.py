"""Orders for short links: kept whole, found by request and number, polled while they are open."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.store import Store
from pipeline.store.short_link_records import LinkAction, LinkOrder, LinkState

if TYPE_CHECKING:
    from tests.unit.store.conftest import Make

Later = Callable[[float], datetime]


@pytest.fixture
def order(store: Store, make: "Make") -> LinkOrder:
    """An order of a request that is in the store."""
    request = make.request()
    made = LinkOrder(
        id=make.id(),
        request_id=request.id,
        number="+819012345678",
        action=LinkAction.NEW,
        state=LinkState.WANTED,
        stay=make.now,
        ordered_at=make.now,
        sha256="8" * 64,
        next_at=make.now,
    )
    store.run(lambda t: t.requests.insert(request))
    store.run(lambda t: t.short_links.order(made))
    return made


def test_what_became_of_an_order_is_kept(store: Store, order: LinkOrder, later: Later) -> None:
    done = replace(
        order,
        state=LinkState.DONE,
        code="K7QX2ZBYWD4I1M",
        url="https://wa.me/message/K7QX2ZBYWD4I1M",
        before=("AAAAAAAAAAAAA1",),
        attempt=2,
        reason="no",
        asked_at=later(1),
        ended_at=later(1),
        next_at=None,
    )
    assert store.run(lambda t: t.short_links.lock(order.id)) == order
    store.run(lambda t: t.short_links.save(done))
    with store.read() as transaction:
        table = transaction.short_links
        assert table.get(order.id) == done
        assert table.of_request(order.request_id) == [done]
        assert table.of_number(order.number) == [done]
        assert table.of_number("+810000000000") == []
        assert table.get("nothing") is None


def test_orders_are_polled_while_they_are_open(
    store: Store, order: LinkOrder, later: Later
) -> None:
    with store.read() as transaction:
        assert transaction.short_links.due(later(-1), 10) == []
        assert transaction.short_links.due(later(1), 10) == [order]
    store.run(lambda t: t.short_links.save(replace(order, next_at=None)))
    with store.read() as transaction:
        assert transaction.short_links.due(later(1), 10) == []
