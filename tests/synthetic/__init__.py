"""Small synthetic feeds for tests: invented people, the feed's real shapes, every table filled. No MLB data.

The platform's simulator is a model of baseball; this is only a list of odd shapes (FEED.md) put into one game, so that
tests run where no recordings are.
"""

from tests.synthetic.captures import captures
from tests.synthetic.feed import feed

__all__ = ["captures", "feed"]
