using System.Text;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Charts;

/// <summary>Curves of one quantity, one to a method, each named at its right end.</summary>
internal static class LineChart
{
    private const double Width = 372;
    private const double Height = 220;
    private const double LineHeight = 13;
    private const int MostPoints = 240;
    private const int MostLetters = 15;

    private static readonly PlotArea s_area = new(44, 12, Width - 98, Height - 36);

    /// <summary>Draws the curves; <paramref name="styleOf"/> gives each method its class.</summary>
    public static void Draw(HtmlWriter page, string quantity, IReadOnlyList<TrainingCurve> curves, Func<string, string> styleOf)
    {
        LinearScale across = new(
            curves.SelectMany(curve => curve.Steps).DefaultIfEmpty(0).Min(),
            Math.Max(curves.SelectMany(curve => curve.Steps).DefaultIfEmpty(1).Max(), 1e-9), s_area.Left, s_area.Right);
        if (across.Maximum <= across.Minimum)
            across = across with { Maximum = across.Minimum + 1 };
        LinearScale up = LinearScale.Around(curves.SelectMany(curve => curve.Values), s_area.Bottom, s_area.Top);
        string ends = string.Join(", ", curves.Select(curve => $"{curve.Method} {Value(LastOf(curve))}"));
        using (Axes.OpenDrawing(page, Width, Height, $"{quantity} in training; at the end: {ends}."))
        {
            Axes.DrawVertical(page, up, s_area);
            Axes.DrawHorizontal(page, across, s_area, "epoch", about: 4);
            foreach (TrainingCurve curve in curves)
                page.Empty("path", ("class", "curve " + styleOf(curve.Method)), ("d", Path(curve, across, up)));
            DrawNames(page, curves, up, styleOf);
        }
    }

    // The text that fits beside the chart; the full name is in the tables.
    private static string Shortened(string name) => name.Length <= MostLetters ? name : name[..(MostLetters - 1)] + "…";

    private static double LastOf(TrainingCurve curve) => curve.Values.LastOrDefault(double.IsFinite, double.NaN);

    private static string Path(TrainingCurve curve, LinearScale across, LinearScale up)
    {
        int count = Math.Min(curve.Steps.Count, curve.Values.Count);
        int stride = Math.Max(1, (count + MostPoints - 1) / MostPoints);
        var path = new StringBuilder();
        bool broken = true;
        for (int i = 0; i < count; i++)
        {
            if (i % stride != 0 && i != count - 1)
                continue;
            if (!double.IsFinite(curve.Values[i]))
            {
                broken = true;
                continue;
            }

            path.Append(broken ? 'M' : 'L').Append(Coordinate(across.At(curve.Steps[i]))).Append(' ')
                .Append(Coordinate(up.At(curve.Values[i])));
            broken = false;
        }

        return path.ToString();
    }

    /// <summary>Names beside the ends of their curves, pushed apart where they would overlap.</summary>
    private static void DrawNames(HtmlWriter page, IReadOnlyList<TrainingCurve> curves, LinearScale up, Func<string, string> styleOf)
    {
        (TrainingCurve Curve, double Y)[] names =
        [
            .. curves.Where(curve => double.IsFinite(LastOf(curve))).Select(curve => (curve, up.At(LastOf(curve))))
                .OrderBy(name => name.Item2),
        ];
        for (int i = 1; i < names.Length; i++)
            names[i].Y = Math.Max(names[i].Y, names[i - 1].Y + LineHeight);
        double excess = names.Length == 0 ? 0 : Math.Max(0, names[^1].Y - s_area.Bottom);
        foreach ((TrainingCurve curve, double y) in names.Where(name => name.Y - excess >= s_area.Top - LineHeight))
            Axes.DrawText(page, "name " + styleOf(curve.Method), Shortened(curve.Method), s_area.Right + 6, y - excess + 4, "start");
    }
}
