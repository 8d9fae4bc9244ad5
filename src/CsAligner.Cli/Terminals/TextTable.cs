using Spectre.Console;

namespace CsAligner.Cli.Terminals;

/// <summary>
/// A table of texts. Where it is wider than the terminal it becomes a list, a row after the other with a value to a line: no number is
/// ever cut.
/// </summary>
internal sealed class TextTable(params TextColumn[] columns)
{
    // The minimum width of a column of words, to keep it readable.
    private const int LeastWords = 16;

    private readonly List<(string[] Cells, bool IsTitle)> _rows = [];

    /// <summary>The caption below; null for none.</summary>
    public string? Caption { get; set; }

    /// <summary>Adds a row.</summary>
    public void Row(params string[] cells) => _rows.Add((cells, false));

    /// <summary>Adds a line that says what the rows below it are of.</summary>
    public void Title(string text) => _rows.Add(([text, .. Enumerable.Repeat("", columns.Length - 1)], true));

    /// <summary>Writes it to a console, as a table or a list.</summary>
    public void Write(IAnsiConsole console)
    {
        int width = console.Profile.Width;
        if (Width(narrow: true) <= width)
        {
            console.Write(ToTable(wrap: Width(narrow: false) > width));
            return;
        }

        foreach (string line in Fold(width)) console.Profile.Out.Writer.WriteLine(line);
    }

    /// <summary>Words on lines of a width, broken at spaces: a word or number that is longer stands alone on its line, whole.</summary>
    /// <param name="start">How the first line begins; the others are as far in.</param>
    /// <param name="text">The words.</param>
    /// <param name="width">Columns.</param>
    internal static IEnumerable<string> Wrap(string start, string text, int width)
    {
        string line = start;
        bool isEmpty = true;
        string indent = new(' ', start.Length <= width / 2 ? start.Length : Math.Min(4, width / 4));
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int gap = isEmpty ? 0 : 1;
            if (line.GetCellWidth() + gap + word.GetCellWidth() > width && line.Trim().Length > 0)
            {
                yield return line.TrimEnd();
                (line, gap) = (indent, 0);
            }

            line += new string(' ', gap) + word;
            isEmpty = false;
        }

        yield return line.TrimEnd();
    }

    private int Width(bool narrow)
    {
        const int Borders = 1, Padding = 3;
        int width = Borders;
        for (int i = 0; i < columns.Length; i++)
        {
            int natural = columns[i].Header.GetCellWidth(), longestWord = natural;
            foreach ((string[] cells, _) in _rows)
            {
                natural = Math.Max(natural, cells[i].GetCellWidth());
                longestWord = Math.Max(longestWord, cells[i].Split(' ').Max(word => word.GetCellWidth()));
            }

            width += Padding + (narrow && columns[i].Wraps ? Math.Min(natural, Math.Max(longestWord, LeastWords)) : natural);
        }

        return width;
    }

    private Table ToTable(bool wrap)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        foreach (TextColumn column in columns)
        {
            var shown = new TableColumn(Markup.Escape(column.Header)) { NoWrap = !(wrap && column.Wraps) };
            table.AddColumn(column.IsNumber ? shown.RightAligned() : shown);
        }

        foreach ((string[] cells, bool isTitle) in _rows)
        {
            if (isTitle && table.Rows.Count > 0) table.AddEmptyRow();
            table.AddRow([.. cells.Select(cell => isTitle && cell.Length > 0 ? $"[bold]{Markup.Escape(cell)}[/]" : Markup.Escape(cell))]);
        }

        return Caption is { Length: > 0 } caption ? table.Caption(Markup.Escape(caption)) : table;
    }

    private IEnumerable<string> Fold(int width)
    {
        if (columns[0].Header.Length > 0) foreach (string line in Wrap("", columns[0].Header, width)) yield return line;
        foreach ((string[] cells, _) in _rows)
        {
            foreach (string line in Wrap("", cells[0], width)) yield return line;
            for (int i = 1; i < columns.Length; i++)
            {
                if (cells[i].Length == 0) continue;
                string name = columns[i].Name ?? columns[i].Header;
                foreach (string line in Wrap("  ", name.Length == 0 ? cells[i] : $"{name} {cells[i]}", width)) yield return line;
            }
        }

        if (Caption is not { Length: > 0 } caption) yield break;
        foreach (string line in caption.Split('\n').SelectMany(part => Wrap("", part, width))) yield return line;
    }
}
