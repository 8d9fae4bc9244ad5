using System.Text;
using CsAligner.Data.Disk;

namespace CsAligner.Data.Datasets.Files;

/// <summary>Splits lines of a table into fields. A quoted field may run over lines: those that follow are fetched from the file.</summary>
/// <param name="lines">The file.</param>
/// <param name="delimiter">Comma, semicolon, tab or bar.</param>
/// <param name="hasHeader">Whether the table names its columns.</param>
internal sealed class DelimitedRows(LineReader lines, char delimiter, bool hasHeader)
{
    // A quoted field may run over lines; an unclosed quote must not swallow the file.
    private const int MostLines = 100;

    // Where quotes may also be text's own, fewer: each such line looks so far ahead.
    private const int MostAhead = 10;

    // Lines that were read to look for the end of a quoted field, and are yet to come.
    private readonly List<(string Line, int Number, string? Problem)> _ahead = [];

    /// <summary>What is between fields.</summary>
    public char Delimiter => delimiter;

    /// <summary>Whether a line of loosely quoted fields has two, or may have when its last goes on.</summary>
    public static bool MayBePair(string line, char delimiter)
    {
        bool isQuoted = false, isBlank = true;
        int fields = 1;
        foreach (char c in line)
        {
            if (c == '"' && (isQuoted || isBlank)) isQuoted = !isQuoted;
            else if (c == delimiter && !isQuoted) (fields, isBlank) = (fields + 1, true);
            else isBlank &= char.IsWhiteSpace(c);
        }

        return fields == 2 || (isQuoted && fields < 2);
    }

    /// <summary>Reads the next line.</summary>
    public bool TryRead(out string line, out int number, out string? problem)
    {
        bool read = HasAhead(0);
        (line, number, problem) = read ? _ahead[0] : ("", 0, null);
        if (read) _ahead.RemoveAt(0);
        return read;
    }

    /// <summary>The fields of a line, and of those that follow where a quoted field goes on; empty where a quote is not closed.</summary>
    public string[] Split(string line)
    {
        if (delimiter is ',' or ';') return SplitLoosely(line);
        // Lists without a header are not from programs that quote. With bars the captions, which are last, may contain more bars.
        if (!hasHeader) return delimiter == '|' ? line.Split('|', 3) : line.Split(delimiter);
        string text = line;
        for (int more = 0; ; more++)
        {
            if (TrySplitQuoted(text, delimiter, out string[] fields))
            {
                _ahead.RemoveRange(0, more);
                return fields;
            }

            // A quote that nothing closes is one of the text's own.
            if (more == MostAhead || text.Length > LineReader.MaxBytes || !HasAhead(more) || _ahead[more].Problem is not null)
                return line.Split(delimiter);
            text += "\n" + _ahead[more].Line;
        }
    }

    /// <summary>Splits a line whose fields are quoted as pandas and RFC 4180 do it: a quote first in a field, doubled within it, and
    /// another one before the next delimiter. Any other quote is text.</summary>
    /// <returns>False if a field may go on in the next line; then there are no fields.</returns>
    public static bool TrySplitQuoted(string line, char delimiter, out string[] fields)
    {
        var found = new List<string>();
        fields = [];
        for (int start = 0; ;)
        {
            int end = -1;
            if (start < line.Length && line[start] == '"')
            {
                int close = start + 1;
                while (close < line.Length && (line[close] != '"' || (close + 1 < line.Length && line[close + 1] == '"')))
                    close += line[close] == '"' ? 2 : 1;
                if (close >= line.Length) return false;
                if (close + 1 == line.Length || line[close + 1] == delimiter)
                {
                    found.Add(line[(start + 1)..close].Replace("\"\"", "\"", StringComparison.Ordinal));
                    end = close + 1;
                }
            }

            if (end < 0)
            {
                end = line.IndexOf(delimiter, start);
                if (end < 0) end = line.Length;
                found.Add(line[start..end]);
            }

            if (end >= line.Length) break;
            start = end + 1;
        }

        fields = [.. found];
        return true;
    }

    // As Excel writes and many write by hand: spaces before a quote, quotes in the midst of fields.
    private string[] SplitLoosely(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int more = 0; ; more++)
        {
            for (int i = 0; i < line.Length; i++)
            {
                char c = line[i];
                if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"') field.Append(line[i++]);
                else if (c == '"' && (quoted || string.IsNullOrWhiteSpace(field.ToString()))) quoted = !quoted;
                else if (c == delimiter && !quoted) Flush();
                else field.Append(c);
            }

            if (!quoted || more == MostLines || field.Length > LineReader.MaxBytes || !HasAhead(0) || _ahead[0].Problem is not null) break;
            line = _ahead[0].Line;
            _ahead.RemoveAt(0);
            field.Append('\n');
        }

        Flush();
        return quoted ? [] : [.. fields];

        void Flush()
        {
            fields.Add(field.ToString());
            field.Clear();
        }
    }

    private bool HasAhead(int place)
    {
        while (_ahead.Count <= place)
        {
            if (!lines.TryRead(out string line)) return false;
            _ahead.Add((line, lines.Number, lines.Problem));
        }

        return true;
    }
}
