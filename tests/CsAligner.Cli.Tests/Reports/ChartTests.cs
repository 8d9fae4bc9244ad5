using System.Buffers.Binary;
using System.IO.Compression;
using CsAligner.Data.Images;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Tensors;

namespace CsAligner.Cli.Tests.Reports;

public sealed class ChartTests
{
    [Theory]
    [InlineData(0.1, 0.93, 0, 1)]
    [InlineData(1.25, 0.17, 0, 1.5)]
    [InlineData(90, 100, 90, 100)]
    [InlineData(-0.33, 0.97, -0.4, 1)]
    [InlineData(5, 5, 0, 8)]
    [InlineData(0, 0, 0, 1)]
    [InlineData(double.NaN, 1, 0, 1.5)]
    public void A_scale_ends_on_round_numbers_that_hold_all_values(double first, double second, double minimum, double maximum)
    {
        LinearScale scale = LinearScale.Around([first, second], 0, 100);
        Assert.Equal((minimum, maximum), (Math.Round(scale.Minimum, 9), Math.Round(scale.Maximum, 9)));
    }

    [Theory]
    [InlineData(1e-9, 2e-9)]
    [InlineData(-3, 1e6)]
    [InlineData(0.123, 0.1231)]
    [InlineData(129.4, 6.76)]
    public void Ticks_are_few_round_and_inside(double first, double second)
    {
        LinearScale scale = LinearScale.Around([first, second], 10, 90);
        (IReadOnlyList<double> values, double step) = scale.Ticks();
        Assert.InRange(values.Count, 3, 8);
        Assert.All(values, value => Assert.InRange(scale.At(value), 10 - 1e-6, 90 + 1e-6));
        Assert.Equal(scale.Minimum, values[0], step * 1e-6);
        Assert.Equal(scale.Maximum, values[^1], step * 1e-6);
    }

    [Theory]
    [InlineData(129.477, "129")]
    [InlineData(12.94, "12.9")]
    [InlineData(1.294, "1.29")]
    [InlineData(0.2306, "0.231")]
    [InlineData(0.0184, "0.0184")]
    [InlineData(-2.31, "−2.31")]
    [InlineData(-0.000001, "0.00")]
    [InlineData(double.NaN, "–")]
    [InlineData(double.NegativeInfinity, "–")]
    public void Numbers_have_three_significant_digits(double value, string text) => Assert.Equal(text, NumberText.Value(value));

    [Fact]
    public void Other_forms_of_numbers()
    {
        Assert.Equal("41.3", NumberText.Percent(0.4127));
        Assert.Equal("20,412", NumberText.Count(20412));
        Assert.Equal("0.05", NumberText.Tick(0.05, 0.05));
        Assert.Equal("150", NumberText.Tick(150, 50));
        Assert.Equal("12.3", NumberText.Coordinate(12.345));
    }

    [Fact]
    public void A_png_holds_the_pixels_it_was_given()
    {
        byte[] rgb = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7, 6, 5, 4, 3, 2, 1];
        byte[] png = PngFile.Encode(rgb, 3, 2);
        Assert.Equal(PngFile.Signature.ToArray(), png[..8]);
        Assert.Equal((3, 2), (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))));
        int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(33));
        using var rows = new MemoryStream();
        using (var zlib = new ZLibStream(new MemoryStream(png, 41, length), CompressionMode.Decompress))
            zlib.CopyTo(rows);
        Assert.Equal([0, .. rgb[..9], 0, .. rgb[9..]], rows.ToArray());
        // The check sum of an empty IEND chunk is known.
        Assert.Equal([0xAE, 0x42, 0x60, 0x82], png[^4..]);
        Assert.Throws<ArgumentException>(() => PngFile.Encode(rgb, 3, 3));
    }

    [Fact]
    public void A_map_keeps_pairs_together_and_draws_no_more_than_asked()
    {
        var random = new RandomGenerator(2);
        Tensor images = Tensor.Normal(random, 1, 90, 6);
        EmbeddingMap map = EmbeddingMap.Of("same", images, images.Clone(), points: 30, links: 4);
        Assert.Equal((60, 60, 4), (map.Images.Length, map.Texts.Length, map.Links));
        Assert.Equal(map.Images, map.Texts);
        Assert.Equal(30, map.Images.Chunk(2).Select(point => (point[0], point[1])).Distinct().Count());
    }

    [Fact]
    public void A_map_lays_the_modalities_apart_by_their_gap_images_on_the_left()
    {
        var random = new RandomGenerator(2);
        Tensor low = Tensor.Normal(random, 1, 40, 6);
        Tensor high = low.Clone();
        for (int i = 0; i < high.Length; i += 6)
            high.Span[i] += 30;
        EmbeddingMap map = EmbeddingMap.Of("one", low, high);
        EmbeddingMap swapped = EmbeddingMap.Of("other", high, low);
        for (int i = 0; i < map.Images.Length; i += 2)
        {
            Assert.Equal(30, map.Texts[i] - map.Images[i], 1e-4f);
            Assert.Equal(30, swapped.Texts[i] - swapped.Images[i], 1e-4f);
            Assert.Equal(map.Images[i + 1], map.Texts[i + 1], 1e-4f);
        }
    }

    [Fact]
    public void Cosines_of_equal_sets_are_one_for_pairs_only()
    {
        var random = new RandomGenerator(2);
        Tensor images = Tensor.Normal(random, 1, 50, 16);
        CosineSample sample = CosineSample.Of("same", images, images.Clone());
        Assert.Equal(50, sample.Pairs.Length);
        Assert.InRange(sample.Others.Length, 50 * 19, 50 * 20);
        Assert.All(sample.Pairs, cosine => Assert.Equal(1, cosine, 1e-5f));
        Assert.All(sample.Others, cosine => Assert.InRange(cosine, -0.95f, 0.95f));
        Assert.Empty(CosineSample.Of("one", Tensor.Normal(random, 1, 1, 4), Tensor.Normal(random, 1, 1, 4)).Others);
    }
}
