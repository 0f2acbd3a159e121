"""The repository's documents, as those have them who have nothing else: commands are run as they stand there."""
import re

from bed import Failure, read

FOLDER = '/host/documents'


def block(document, heading, number=1, language='sh'):
    """The lines of a block below a heading, counted from 1; comments behind commands stay."""
    section = re.search(rf'^#+ {re.escape(heading)}\n(.*?)(?=^#+ [A-Z]|\Z)', read(f'{FOLDER}/{document}'), re.MULTILINE | re.DOTALL)
    blocks = re.findall(rf'^```{language}\n(.*?)^```$', section[1], re.MULTILINE | re.DOTALL) if section else []
    if len(blocks) < number:
        raise Failure(f'{document} has no block {number} of {language} below "{heading}"')
    return blocks[number - 1]


def line(document, heading, start, number=1):
    """The line of a block that begins so."""
    return _one(document, start, [each for each in block(document, heading, number).splitlines() if each.startswith(start)])


def command(document, start):
    """The command within a text that begins so."""
    return _one(document, start, [each for each in re.findall(r'`([^`\n]+)`', read(f'{FOLDER}/{document}')) if each.startswith(start)])


def _one(document, start, found):
    if not found:
        raise Failure(f'{document} has no command "{start}"')
    return found[0]
