"""The service desk of the ConnectWise simulator: tickets, their notes, and every mail to somebody.

`records` are the forms of records, `desk` all that is there, with `mails` and `rules`; `patches`
reads what calls send, `calls` answers them, and `people` is what people and rules do meanwhile. The
modules import the rest of `simulators.connectwise`, but not its `simulator`.
"""

from simulators.connectwise.desk.calls import DeskCalls
from simulators.connectwise.desk.desk import Desk
from simulators.connectwise.desk.mails import Mail, Rule
from simulators.connectwise.desk.people import DeskPeople

__all__ = ["Desk", "DeskCalls", "DeskPeople", "Mail", "Rule"]
