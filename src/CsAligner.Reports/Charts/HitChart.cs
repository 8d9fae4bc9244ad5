using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Charts;

/// <summary>The hits of a query in one index, before and after, as two rows of tiles: pictures with their names, and words.</summary>
internal static class HitChart
{
    public const double Width = (Tiles * (Tile + Gap)) - Gap;
    public const double Height = 2 * RowHeight;

    private const int Tiles = 10;
    private const double Tile = 76, Gap = 8, Label = 26, Picture = 52, RowHeight = Label + Tile + 22;
    private const double Line = 15;
    private const int LettersToALine = 11, Lines = 4;

    public static void Draw(HtmlWriter page, IndexQuery query, double top)
    {
        DrawRow(page, query.Before, query.HitsBefore, top);
        DrawRow(page, query.After, query.HitsAfter, top + RowHeight);
    }

    private static void DrawRow(HtmlWriter page, string method, IReadOnlyList<IndexHit> hits, double top)
    {
        Axes.DrawText(page, "name", method, 2, top + Label - 9, "start");
        int pictures = hits.Count(hit => hit.Png is not null);
        Axes.DrawText(page, "soft", $"{pictures} of {hits.Count} are pictures", Width - 2, top + Label - 9, "end");
        for (int i = 0; i < Math.Min(Tiles, hits.Count); i++) DrawTile(page, hits[i], i * (Tile + Gap), top + Label);
    }

    private static void DrawTile(HtmlWriter page, IndexHit hit, double left, double top)
    {
        string kind = hit.Png is null ? "pane words" : "pane";
        page.Empty("rect", ("class", hit.IsRight ? kind + " right" : kind), ("x", Coordinate(left + 1)), ("y", Coordinate(top + 1)),
            ("width", Coordinate(Tile - 2)), ("height", Coordinate(Tile - 2)), ("rx", "8"));
        double middle = left + (Tile / 2);
        if (hit.Png is { } png)
        {
            page.Empty("image", ("href", "data:image/png;base64," + Convert.ToBase64String(png)),
                ("x", Coordinate(middle - (Picture / 2))), ("y", Coordinate(top + ((Tile - Picture) / 2))),
                ("width", Coordinate(Picture)), ("height", Coordinate(Picture)));
            Axes.DrawText(page, "soft small", Shortened(hit.Name), middle, top + Tile + 13, "middle");
            return;
        }

        string[] lines = Wrapped(hit.Name);
        double first = top + (Tile / 2) + 5 - ((lines.Length - 1) * Line / 2);
        for (int i = 0; i < lines.Length; i++) Axes.DrawText(page, "word", lines[i], middle, first + (i * Line), "middle");
    }

    private static string[] Wrapped(string words)
    {
        var lines = new List<string>();
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (lines.Count > 0 && lines[^1].Length + 1 + word.Length <= LettersToALine) lines[^1] += " " + word;
            else lines.Add(word);
        }

        string[] shown = [.. lines.Take(Lines).Select(Shortened)];
        if (lines.Count > Lines) shown[^1] = Shortened(shown[^1] + "…");
        return shown;
    }

    private static string Shortened(string name) => name.Length <= LettersToALine + 1 ? name : name[..LettersToALine] + "…";
}
