using System.Globalization;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Charts;

/// <summary>
/// A table in colours: rows and columns named, the value printed in each cell, the best one framed. Good is light. Where positive
/// values span more than a factor of ten, colours go by their logarithms, which the scale below says.
/// </summary>
internal static class HeatMapChart
{
    private const double CellHeight = 30;
    private const double Top = 44;
    private const double Below = 46;
    private const double Letter = 6.4;
    private const double Spread = 10;

    /// <summary>Width and height of the drawing.</summary>
    public static (double Width, double Height) SizeOf(HeatMap map) =>
        (Math.Max(LeftOf(map) + (map.ColumnLabels.Count * CellWidthOf(map)) + 8, 280), Top + (map.RowLabels.Count * CellHeight) + Below);

    /// <summary>Draws into a page, no wider than twice its own size.</summary>
    public static void Draw(HtmlWriter page, HeatMap map)
    {
        (double width, double height) = SizeOf(map);
        using (page.Open("div", ("style", string.Create(CultureInfo.InvariantCulture, $"max-width:{width * 1.5:0}px"))))
        using (Axes.OpenDrawing(page, width, height, TitleOf(map)))
            DrawContent(page, map);
    }

    /// <summary>The text for screen readers.</summary>
    public static string TitleOf(HeatMap map)
    {
        string best = map.Best is { } at
            ? $"best {Fixed(map.Values[at.Row][at.Column], map.Decimals)} at {map.Rows} {map.RowLabels[at.Row]}, {map.Columns} "
                + $"{map.ColumnLabels[at.Column]}"
            : "no values";
        return $"{map.Quantity} by {map.Rows} and {map.Columns}: {best}.";
    }

    /// <summary>Draws into a drawing that is open.</summary>
    public static void DrawContent(HtmlWriter page, HeatMap map)
    {
        map.Check();
        (double left, double width) = (LeftOf(map), CellWidthOf(map));
        var shares = new Shares(map);
        Axes.DrawText(page, "tick", map.Rows + " ↓", left - 8, Top - 8, "end");
        Axes.DrawText(page, "tick", map.Columns + " →", left, Top - 27, "start");
        for (int column = 0; column < map.ColumnLabels.Count; column++)
            Axes.DrawText(page, "tick heading", map.ColumnLabels[column], left + ((column + 0.5) * width), Top - 8, "middle");
        for (int row = 0; row < map.RowLabels.Count; row++)
        {
            Axes.DrawText(page, "tick heading", map.RowLabels[row], left - 8, Top + ((row + 0.5) * CellHeight) + 4, "end");
            for (int column = 0; column < map.ColumnLabels.Count; column++)
                DrawCell(page, map, shares, row, column, left + (column * width), Top + (row * CellHeight), width);
        }

        // Last, so that no neighbour covers the frame.
        if (map.Best is { } best)
        {
            page.Empty(
                "rect", ("class", "best"), ("x", Coordinate(left + (best.Column * width))),
                ("y", Coordinate(Top + (best.Row * CellHeight))),
                ("width", Coordinate(width)), ("height", Coordinate(CellHeight)), ("rx", "3"));
        }

        DrawScale(page, map, shares, left, Top + (map.RowLabels.Count * CellHeight) + 14);
    }

    private static double LeftOf(HeatMap map) =>
        18 + (Letter * Math.Max(map.RowLabels.Select(label => label.Length).DefaultIfEmpty(0).Max(), map.Rows.Length + 2));

    private static double CellWidthOf(HeatMap map)
    {
        int longest = map.Values.SelectMany(row => row).Select(value => Fixed(value, map.Decimals).Length)
            .Concat(map.ColumnLabels.Select(label => label.Length)).DefaultIfEmpty(0).Max();
        return Math.Max(52, 16 + (Letter * longest));
    }

    private static void DrawCell(HtmlWriter page, HeatMap map, Shares shares, int row, int column, double x, double y, double width)
    {
        double value = map.Values[row][column], share = shares.Of(value);
        bool known = double.IsFinite(value), best = map.Best == (row, column);
        page.Empty(
            "rect", ("class", known ? "cell" : "cell unknown"), ("x", Coordinate(x + 1)), ("y", Coordinate(y + 1)),
            ("width", Coordinate(width - 2)),
            ("height", Coordinate(CellHeight - 2)), ("rx", "2"), ("fill", known ? ColourScale.At(share) : null));
        page.Element(
            "text", Fixed(value, map.Decimals), ("class", best ? "value first" : "value"), ("x", Coordinate(x + (width / 2))),
            ("y", Coordinate(y + (CellHeight / 2) + 4)),
            ("text-anchor", "middle"), ("style", known ? "fill:" + ColourScale.InkOn(share) : null));
    }

    private static void DrawScale(HtmlWriter page, HeatMap map, Shares shares, double x, double y)
    {
        if (!shares.Any)
            return;
        const int Steps = 24;
        const double Step = 5;
        for (int i = 0; i < Steps; i++)
        {
            page.Empty(
                "rect", ("x", Coordinate(x + (i * Step))), ("y", Coordinate(y)), ("width", Coordinate(Step + 0.3)), ("height", "7"),
                ("fill", ColourScale.At((double)i / (Steps - 1))));
        }

        (double worst, double best) = map.LowerIsBetter ? (shares.Most, shares.Least) : (shares.Least, shares.Most);
        Axes.DrawText(page, "tick", Value(worst), x, y + 20, "start");
        Axes.DrawText(page, "tick", Value(best), x + (Steps * Step), y + 20, "end");
        Axes.DrawText(page, "tick",
            (shares.Logarithmic ? "logarithmic; " : "") + (map.LowerIsBetter ? "lower is better" : "higher is better"),
            x + (Steps * Step) + 10, y + 8, "start");
    }

    /// <summary>Where a value lies between the worst, 0, and the best, 1.</summary>
    private sealed class Shares
    {
        private readonly bool _lowerIsBetter;

        public Shares(HeatMap map)
        {
            double[] finite = [.. map.Values.SelectMany(row => row).Where(double.IsFinite)];
            Any = finite.Length > 0;
            (Least, Most) = Any ? (finite.Min(), finite.Max()) : (0, 1);
            Logarithmic = Least > 0 && Most > Spread * Least;
            _lowerIsBetter = map.LowerIsBetter;
        }

        public bool Any { get; }

        public double Least { get; }

        public double Most { get; }

        public bool Logarithmic { get; }

        public double Of(double value)
        {
            if (!(Most > Least))
                return 1;
            double share = Logarithmic ? Math.Log(value / Least) / Math.Log(Most / Least) : (value - Least) / (Most - Least);
            return _lowerIsBetter ? 1 - share : share;
        }
    }
}
