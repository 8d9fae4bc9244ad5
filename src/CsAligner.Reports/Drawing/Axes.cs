using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Drawing;

/// <summary>Frames, grid lines and tick labels. Colours come from the page's style sheet by class.</summary>
internal static class Axes
{
    /// <summary>Opens a drawing that fills the width it is given; <paramref name="title"/> is what a screen reader says.</summary>
    public static HtmlWriter.Scope OpenDrawing(HtmlWriter page, double width, double height, string title)
    {
        HtmlWriter.Scope scope = page.Open(
            "svg", ("class", "chart"), ("viewBox", $"0 0 {Coordinate(width)} {Coordinate(height)}"), ("role", "img"),
            ("aria-label", title));
        page.Element("title", title);
        return scope;
    }

    /// <summary>Horizontal grid lines with their values at the left.</summary>
    public static void DrawVertical(HtmlWriter page, LinearScale scale, PlotArea area)
    {
        (IReadOnlyList<double> values, double step) = scale.Ticks();
        foreach (double value in values)
        {
            double y = scale.At(value);
            DrawLine(page, "grid", area.Left, y, area.Right, y);
            DrawText(page, "tick", Tick(value, step), area.Left - 6, y + 3.5, "end");
        }
    }

    /// <summary>The base line with values below it and, under them, what they count.</summary>
    public static void DrawHorizontal(HtmlWriter page, LinearScale scale, PlotArea area, string label, int about = 5)
    {
        (IReadOnlyList<double> values, double step) = scale.Ticks(about);
        DrawLine(page, "axis", area.Left, area.Bottom, area.Right, area.Bottom);
        foreach (double value in values)
        {
            DrawLine(page, "axis", scale.At(value), area.Bottom, scale.At(value), area.Bottom + 4);
            DrawText(page, "tick", Tick(value, step), scale.At(value), area.Bottom + 15, "middle");
        }

        DrawText(page, "tick", label, (area.Left + area.Right) / 2, area.Bottom + 29, "middle");
    }

    /// <summary>A straight line.</summary>
    public static void DrawLine(HtmlWriter page, string style, double x1, double y1, double x2, double y2) => page.Empty(
        "line", ("class", style), ("x1", Coordinate(x1)), ("y1", Coordinate(y1)), ("x2", Coordinate(x2)), ("y2", Coordinate(y2)));

    /// <summary>A short text; <paramref name="anchor"/> is start, middle or end.</summary>
    public static void DrawText(HtmlWriter page, string style, string text, double x, double y, string anchor) => page.Element(
        "text", text, ("class", style), ("x", Coordinate(x)), ("y", Coordinate(y)), ("text-anchor", anchor));
}
