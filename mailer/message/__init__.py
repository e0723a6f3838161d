"""Mail on the wire: from frozen values to bytes that hold exactly what was meant, and back."""

from mailer.message.assemble import compose
from mailer.message.bodies import html_of, text_to_html
from mailer.message.values import Mail

__all__ = ["Mail", "compose", "html_of", "text_to_html"]
