using System.Globalization;
using System.Xml.Linq;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Reports.Pages;

namespace CsAligner.Cli.Tests.Reports;

public sealed class HeatMapTests
{
    private static readonly HeatMap Map = new(
        "D_CS, off-diagonal", "bandwidth", "lambda", ["within*0.2", "within*0.4", "median"], ["0.1", "0.35"],
        [[0.31, 0.22], [0.19, 0.1204], [double.NaN, 0.55]], LowerIsBetter: true);

    [Fact]
    public void Every_cell_prints_its_value_and_every_setting_its_name()
    {
        XDocument picture = XDocument.Parse(HeatMapPicture.Write(Map));
        string[] texts = [.. picture.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        foreach (string expected in (string[])["0.310", "0.220", "0.190", "0.120", "–", "0.550", "within*0.2", "within*0.4", "median",
            "0.1", "0.35"])
            Assert.Contains(expected, texts);
        Assert.Equal(6, Elements(picture, "rect").Count(e => Class(e).StartsWith("cell", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_best_cell_is_framed_and_named()
    {
        XDocument picture = XDocument.Parse(HeatMapPicture.Write(Map));
        XElement frame = Elements(picture, "rect").Single(e => Class(e) == "best");
        XElement best = Elements(picture, "text").Single(e => Class(e) == "value first");
        Assert.Equal("0.120", best.Value);
        Assert.Equal(Number(best, "x"), Number(frame, "x") + (Number(frame, "width") / 2), 0.11);
        Assert.InRange(Number(best, "y"), Number(frame, "y"), Number(frame, "y") + Number(frame, "height"));
        Assert.Contains("best 0.120 at bandwidth within*0.4, lambda 0.35", picture.Root!.Attribute("aria-label")!.Value,
            StringComparison.Ordinal);
        Assert.Equal((0, 0), (Map with { LowerIsBetter = false, Values = [[0.9, 0.9], [0.2, 0.1], [0, 0.5]] }).Best);
        Assert.Null((Map with { Values = [[double.NaN, double.NaN], [double.NaN, double.NaN], [double.NaN, double.NaN]] }).Best);
    }

    [Fact]
    public void Good_is_light_whichever_end_is_good()
    {
        foreach (bool lower in new[] { true, false })
        {
            XDocument picture = XDocument.Parse(HeatMapPicture.Write(Map with { LowerIsBetter = lower }));
            XElement[] cells = [.. Elements(picture, "rect").Where(e => Class(e) == "cell")];
            Assert.Equal(ColourScale.At(lower ? 1 : 0), cells[3].Attribute("fill")!.Value);
            Assert.Equal(ColourScale.At(lower ? 0 : 1), cells[4].Attribute("fill")!.Value);
        }
    }

    [Fact]
    public void Colours_grow_lighter_throughout_and_their_text_can_be_read()
    {
        for (int i = 0; i < 100; i++)
        {
            double share = i / 100.0, white = ColourScale.ContrastWithWhite(share);
            Assert.True(white > ColourScale.ContrastWithWhite(share + 0.01), $"at {share}");

            // Against black the contrast is 21 over that against white; this ink is a little lighter.
            Assert.True(ColourScale.InkOn(share) == "#ffffff" ? white >= 4.5 : 18.4 / white >= 4, $"at {share}: {white}");
        }
    }

    [Fact]
    public void Values_of_several_sizes_are_coloured_by_their_logarithms()
    {
        HeatMap map = Map with { Values = [[100, 10], [1, 10], [10, 10]] };
        XDocument picture = XDocument.Parse(HeatMapPicture.Write(map));
        Assert.Equal(ColourScale.At(0.5), Elements(picture, "rect").Where(e => Class(e) == "cell").ElementAt(1).Attribute("fill")!.Value);
        Assert.Contains(Elements(picture, "text"), e => e.Value.StartsWith("logarithmic", StringComparison.Ordinal));
    }

    [Fact]
    public void Hostile_labels_stay_text_and_a_table_with_holes_is_refused()
    {
        const string Hostile = "</text><script>alert('1')</script> & \"";
        XDocument picture =
            XDocument.Parse(
                HeatMapPicture.Write(Map with { Quantity = Hostile, RowLabels = [Hostile, Hostile, Hostile], Columns = Hostile }));
        Assert.DoesNotContain(picture.Descendants(), e => e.Name.LocalName == "script");
        Assert.Throws<InvalidOperationException>(() => HeatMapPicture.Write(Map with { Values = [[1, 2], [3, 4]] }));
        Assert.Equal(HeatMapPicture.Write(Map, Map), HeatMapPicture.Write(Map, Map));
    }

    private static IEnumerable<XElement> Elements(XDocument picture, string name) =>
        picture.Descendants().Where(e => e.Name.LocalName == name);

    private static string Class(XElement element) => element.Attribute("class")?.Value ?? "";

    private static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
