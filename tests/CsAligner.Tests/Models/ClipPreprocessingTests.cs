using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tests.Models;

/// <summary>Resize and crop against Pillow's bytes, and preprocessor_config.json in the forms that are about.</summary>
public sealed class ClipPreprocessingTests
{
    [Fact]
    public void Resize_and_crop_give_the_bytes_of_pillow()
    {
        using var golden = SafeTensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "preprocessing", "fit.safetensors"));
        Assert.Equal(16, golden.Names.Count);
        foreach (string name in golden.Names)
        {
            int[] sizes = [.. name.Split('-', 'x').Select(int.Parse)];
            (int width, int height, int shortSide, int crop) = (sizes[0], sizes[1], sizes[2], sizes[3]);
            var fitted = new byte[crop * crop * 3];
            Preprocessing(crop, shortSide).Fit(Picture(width, height), width, height, fitted);
            byte[] expected = [.. golden.ReadInt64(name).Select(v => (byte)v)];
            Assert.True(expected.AsSpan().SequenceEqual(fitted), $"{name}: {expected.Zip(fitted).Count(p => p.First != p.Second)} of {fitted.Length} bytes differ, by {expected.Zip(fitted).Max(p => Math.Abs(p.First - p.Second))} at most.");
        }
    }

    [Fact]
    public void A_picture_as_long_as_a_ribbon_takes_no_memory_beyond_its_own()
    {
        // Resized whole it would have 16 x 16,000,000 pixels.
        byte[] rgb = Picture(1, 1_000_000);
        var fitted = new byte[16 * 16 * 3];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Preprocessing(16, 16).Fit(rgb, 1, 1_000_000, fitted);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains(fitted, value => value != fitted[0]);
    }

    [Theory]
    [InlineData("""{"size": 224, "crop_size": 224, "resample": 3, "do_resize": true, "do_center_crop": true, "do_normalize": true, "feature_extractor_type": "CLIPFeatureExtractor"}""", 224, 224)]
    [InlineData("""{"size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}, "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_convert_rgb": true}""", 224, 224)]
    [InlineData("""{"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}""", 224, 256)]
    [InlineData("""{"crop_size": 336, "size": 336}""", 336, 336)]
    [InlineData("""{"size": 224}""", 224, 224)]
    [InlineData("""{"crop_size": 64}""", 64, 64)]
    public void Published_forms_are_read(string json, int crop, int shortSide)
    {
        var read = Read(json);
        Assert.Equal((crop, shortSide), (read.ImageSize, read.ShortSide));
        Assert.Equal(read.ShortSide, ReadWhole(read.ToJson()).ShortSide);
        Assert.Equal(read.ImageSize, ReadWhole(read.ToJson()).ImageSize);
    }

    [Theory]
    [InlineData("""{"size": 224, "resample": 2}""", "\"resample\" is 2; 3 (bicubic)")]
    [InlineData("""{"size": 224, "resample": "bicubic"}""", "\"resample\" is \"bicubic\"; 3 (bicubic)")]
    [InlineData("""{"size": 224, "do_resize": false}""", "\"do_resize\" is false")]
    [InlineData("""{"size": 224, "do_center_crop": false}""", "\"do_center_crop\" is false")]
    [InlineData("""{"size": 224, "do_normalize": false}""", "\"do_normalize\" is false")]
    [InlineData("""{"size": 224, "do_rescale": false}""", "\"do_rescale\" is false")]
    [InlineData("""{"size": 224, "do_rescale": "yes"}""", "\"do_rescale\" is \"yes\"")]
    [InlineData("""{"size": 224, "rescale_factor": 0.5}""", "\"rescale_factor\" is 0.5")]
    [InlineData("""{"size": {"height": 224, "width": 224}}""", "\"size\" is {\"height\": 224, \"width\": 224}")]
    [InlineData("""{"size": 224, "crop_size": {"height": 224, "width": 200}}""", "\"crop_size\" is")]
    [InlineData("""{"size": 200, "crop_size": 224}""", "the short side of 200 pixels is less than the crop of 224")]
    [InlineData("""{"size": 0}""", "\"size\" is 0")]
    [InlineData("""{"size": 1e9}""", "\"size\" is 1e9")]
    [InlineData("""{"size": "224"}""", "\"size\" is \"224\"")]
    [InlineData("""{}""", "neither \"size\" nor \"crop_size\"")]
    [InlineData("""[]""", "JSON object")]
    [InlineData("""{""", "not valid JSON")]
    public void What_is_not_done_is_refused_and_named(string json, string expected)
    {
        string message = Assert.Throws<InputException>(() => Read(json)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static ClipPreprocessing Preprocessing(int crop, int shortSide) => new(crop, ClipPreprocessing.ClipMean, ClipPreprocessing.ClipDeviation) { ShortSide = shortSide };

    // With mean and deviation put in front, so that cases show what they are about.
    private static ClipPreprocessing Read(string json)
    {
        const string Channels = """{"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.2, 0.3]""";
        return ReadWhole(json == "{}" ? Channels + "}" : json.StartsWith("{\"", StringComparison.Ordinal) ? $"{Channels}, {json[1..]}" : json);
    }

    private static ClipPreprocessing ReadWhole(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[ClipPreprocessing.FileName], json);
        return ClipPreprocessing.Read(folder[ClipPreprocessing.FileName]);
    }

    // As in make_fit.py.
    private static byte[] Picture(int width, int height)
    {
        var rgb = new byte[width * height * 3];
        for (long y = 0, i = 0; y < height; y++)
        {
            for (long x = 0; x < width; x++)
            {
                for (long c = 0; c < 3; c++)
                {
                    rgb[i++] = (byte)(((x + y) / 29 % 3) switch
                    {
                        0 => (((x * 7919) + (y * 104729) + (c * 1299709)) * 2654435761 >> 7) % 256,
                        1 => Math.Abs((((x * 5) + (y * 3) + (c * 90)) % 510) - 255),
                        _ => ((x * 2) + y) / 17 % 2 == 0 ? 255 : 0,
                    });
                }
            }
        }

        return rgb;
    }
}
