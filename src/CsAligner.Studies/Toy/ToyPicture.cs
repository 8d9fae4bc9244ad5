using CsAligner.Evaluation;
using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Reports.Pages;
using CsAligner.Tensors.Formats;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Studies.Toy;

/// <summary>The toy cases side by side as one SVG file that stands alone: samples of both modalities on one scale,
/// and what was measured of them.</summary>
internal static class ToyPicture
{
    private const double Gap = 24;
    private const double Top = 34;
    private const double Lines = 82;
    private const int Dots = 500;
    private const int Links = 16;

    /// <summary>Width and height of the drawing.</summary>
    public static (double Width, double Height) SizeOf(int cases) =>
        ((cases * ScatterChart.Width) + ((cases - 1) * Gap), Top + ScatterChart.Height + Lines);

    /// <summary>Draws samples with their results, one panel a case.</summary>
    public static string Write(IReadOnlyList<ToyResult> results)
    {
        (double width, double height) = SizeOf(results.Count);
        EmbeddingMap[] maps = [.. results.Select(result => new EmbeddingMap(result.Case.Name, Points(result.X), Points(result.Y), Links))];
        (double, double) reach = ScatterChart.ReachOf(maps);
        string title = "Three cases of the same mutual information: "
            + string.Join("; ", results.Select(result => $"{result.Case.Name}, D_CS {Fixed(result.CauchySchwarz.Estimate, 2)}")) + ".";
        var page = new HtmlWriter();
        using (page.Open(
            "svg", ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", $"0 0 {Coordinate(width)} {Coordinate(height)}"),
            ("width", Coordinate(width)), ("height", Coordinate(height)), ("role", "img"), ("aria-label", title)))
        {
            page.Verbatim(WrittenBy.Comment);
            page.Element("title", title);
            using (page.Open("style"))
                page.Verbatim(MapPicture.Style);
            for (int i = 0; i < results.Count; i++)
                DrawCase(page, results[i], maps[i], reach, i * (ScatterChart.Width + Gap));
        }

        return page.ToString() + "\n";
    }

    private static void DrawCase(HtmlWriter page, ToyResult result, EmbeddingMap map, (double X, double Y) reach, double left)
    {
        Axes.DrawText(page, "name", result.Case.Name, left + 2, Top - 12, "start");
        ScatterChart.Draw(page, map, reach, left, Top);
        double line = Top + ScatterChart.Height + 24;
        foreach ((string name, ToyValue value) in new[] { ("mutual information", result.MutualInformation),
            ("Cauchy-Schwarz divergence", result.CauchySchwarz), ("KL, mean of both ways", result.SymmetricKl) })
        {
            Axes.DrawText(page, "soft", name, left + 2, line, "start");
            Axes.DrawText(page, "name", Fixed(value.Estimate, 2), left + ScatterChart.Width - 96, line, "end");
            Axes.DrawText(page, "soft", $"exact {Fixed(value.Exact, 2)}", left + ScatterChart.Width - 2, line, "end");
            line += 21;
        }
    }

    private static float[] Points(Tensors.Tensor rows) => rows.Span[..(2 * Math.Min(Dots, rows.Rows))].ToArray();
}
