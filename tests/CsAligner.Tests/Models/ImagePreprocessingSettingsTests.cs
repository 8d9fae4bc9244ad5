using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Tests.Models;

/// <summary>The small file beside a graph: what it says counts, what it cannot mean is refused with the key.</summary>
public sealed class ImagePreprocessingSettingsTests
{
    [Fact]
    public void All_settings_are_read_and_become_a_preprocessing()
    {
        var settings = Read("""
            {"size": 4, "short_side": 6, "resize": "short-side", "filter": "lanczos", "channels": "bgr", "scale": 255,
             "mean": [103.1, 115.9, 123.2], "std": [1, 2, 4], "input": "in", "output": "out"}
            """);
        Assert.Equal(("in", "out"), (settings.Input, settings.Output));
        var whole = settings.Complete(null, "x");
        Assert.Equal((4, 6, ResizeRule.ShortSide, ResampleFilter.Lanczos, ChannelOrder.Bgr, 255f),
            (whole.ImageSize, whole.ShortSide, whole.Resize, whole.Filter, whole.Channels, whole.Scale));

        // One pixel of red 10, green 20, blue 30: blue comes first, bytes keep their values.
        byte[] rgb = [.. Enumerable.Repeat<byte[]>([10, 20, 30], 16).SelectMany(pixel => pixel)];
        var pixels = new Tensor(1, 3, 4, 4);
        whole.Normalize(rgb, pixels);
        Assert.Equal([30 - 103.1f, (20 - 115.9f) / 2, (10 - 123.2f) / 4], [pixels.Span[0], pixels.Span[16], pixels.Span[47]]);
        Assert.Throws<NotSupportedException>(whole.ToJson);
    }

    [Fact]
    public void What_is_left_open_stays_as_the_model_says()
    {
        var model = new ImagePreprocessing(224, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation) { ShortSide = 256 };
        Assert.Equal(model, new ImagePreprocessingSettings().Complete(model, "x"));
        var swapped = new ImagePreprocessingSettings { Channels = ChannelOrder.Bgr }.Complete(model, "x");
        Assert.Equal(model with { Channels = ChannelOrder.Bgr }, swapped);

        // Another input without another short side: no crop that nobody asked for.
        var larger = new ImagePreprocessingSettings { ImageSize = 336 }.Complete(model, "x");
        Assert.Equal((336, 336), (larger.ImageSize, larger.ShortSide));
        var over = new ImagePreprocessingSettings { Scale = 2 }.Over(new ImagePreprocessingSettings { Scale = 1, ImageSize = 8 });
        Assert.Equal((2f, 8), (over.Scale, over.ImageSize));
        var alone = new ImagePreprocessingSettings { ImageSize = 8, Mean = [0, 0, 0], Deviation = [1, 1, 1] }.Complete(null, "x");
        Assert.Equal((8, ResampleFilter.Bilinear, ChannelOrder.Rgb, 1f), (alone.ShortSide, alone.Filter, alone.Channels, alone.Scale));
    }

    [Theory]
    [InlineData("""{"chanels": "bgr"}""", "there is no setting \"chanels\"; did you mean 'channels'?")]
    [InlineData("""{"channels": "brg"}""", "\"channels\" is \"brg\"; expected one of rgb, bgr")]
    [InlineData("""{"resize": "pad"}""", "expected one of short-side, square")]
    [InlineData("""{"filter": 2}""", "\"filter\" is 2; expected a text")]
    [InlineData("""{"size": 0}""", "size is 0; expected 1 to 16384 pixels")]
    [InlineData("""{"size": 22.5}""", "expected a whole number")]
    [InlineData("""{"scale": -1}""", "scale is -1; expected a number above 0")]
    [InlineData("""{"mean": [1, 2]}""", "\"mean\" is [1, 2]; expected three numbers")]
    [InlineData("""{"mean": [1e99, 2, 3]}""", "; expected three numbers")]
    [InlineData("""{"std": [1, 1, 0]}""", "std is [1, 1, 0]; expected three numbers above 0")]
    [InlineData("[1]", "expected a JSON object")]
    [InlineData("""{"size": 4""", "not valid JSON")]
    public void What_makes_no_sense_is_refused(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<InputException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Contains("size, mean and std are not all set",
            Assert.Throws<InputException>(() => new ImagePreprocessingSettings { ImageSize = 8 }.Complete(null, "x")).Message,
            StringComparison.Ordinal);
        Assert.Contains("the short side is 7 pixels, less than the input's 8", Assert.Throws<InputException>(() =>
            new ImagePreprocessingSettings { ImageSize = 8, ShortSide = 7, Mean = [0, 0, 0], Deviation = [1, 1, 1] }.Complete(null, "x"))
            .Message, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        Assert.Contains("cannot read", Assert.Throws<InputException>(() => ImagePreprocessingSettings.Read(folder["none.json"])).Message,
            StringComparison.Ordinal);
    }

    private static ImagePreprocessingSettings Read(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["model.preprocessing.json"], json);
        return ImagePreprocessingSettings.Read(folder["model.preprocessing.json"]);
    }
}
