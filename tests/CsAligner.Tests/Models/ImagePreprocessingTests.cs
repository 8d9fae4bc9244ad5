using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tests.Models;

/// <summary>Resize and crop against Pillow's bytes, and preprocessor_config.json in the forms that are about.</summary>
public sealed class ImagePreprocessingTests
{
    [Fact]
    public void Resize_and_crop_give_the_bytes_of_pillow()
    {
        using var golden = SafeTensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "preprocessing", "fit.safetensors"));
        Assert.Equal(25, golden.Names.Count);
        foreach (string name in golden.Names)
        {
            string[] parts = name.Split('-', 'x');
            int[] sizes = [.. parts.Take(4).Select(int.Parse)];
            (int width, int height, int shortSide, int crop) = (sizes[0], sizes[1], sizes[2], sizes[3]);
            var fitted = new byte[crop * crop * 3];
            var preprocessing = Preprocessing(crop, shortSide);
            if (parts.Length > 4)
                preprocessing =
                    preprocessing with
                    {
                        Resize = parts[4] == "square" ? ResizeRule.Square : ResizeRule.ShortSide,
                        Filter = Enum.Parse<ResampleFilter>(parts[5], ignoreCase: true)
                    };
            preprocessing.Fit(Picture(width, height), width, height, fitted);
            byte[] expected = [.. golden.ReadInt64(name).Select(v => (byte)v)];
            Assert.True(expected.AsSpan().SequenceEqual(fitted),
                $"{name}: {expected.Zip(fitted).Count(p => p.First != p.Second)} of {fitted.Length} bytes differ, "
                    + $"by {expected.Zip(fitted).Max(p => Math.Abs(p.First - p.Second))} at most.");
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
    [InlineData("""{"size": {"height": 224, "width": 224}, "do_resize": true, "resample": 3, "image_processor_type": "SiglipImageProcessor"}""", 224, 224, ResizeRule.Square, ResampleFilter.Bicubic)]
    [InlineData("""{"size": {"height": 224, "width": 224}, "resample": 2, "do_convert_rgb": null, "image_processor_type": "SiglipImageProcessor"}""", 224, 224, ResizeRule.Square, ResampleFilter.Bilinear)]
    [InlineData("""{"size": 224, "resample": 2, "feature_extractor_type": "ViTFeatureExtractor"}""", 224, 224, ResizeRule.Square,
        ResampleFilter.Bilinear)]
    [InlineData("""{"size": {"height": 256, "width": 256}, "crop_size": {"height": 224, "width": 224}, "do_center_crop": true}""", 224, 256,
        ResizeRule.Square, ResampleFilter.Bicubic)]
    [InlineData("""{"size": {"height": 224, "width": 224}, "crop_size": {"height": 200, "width": 200}, "do_center_crop": false}""", 224,
        224, ResizeRule.Square, ResampleFilter.Bicubic)]
    [InlineData("""{"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "image_processor_type": "BitImageProcessor"}""", 224, 256, ResizeRule.ShortSide, ResampleFilter.Bicubic)]
    [InlineData("""{"size": 224, "resample": 1}""", 224, 224, ResizeRule.ShortSide, ResampleFilter.Lanczos)]
    [InlineData("""{"size": {"height": 224, "width": 224}, "image_processor_type": "ViTImageProcessorFast"}""", 224, 224, ResizeRule.Square,
        ResampleFilter.Bilinear)]
    [InlineData("""{"size": 224, "default_to_square": true}""", 224, 224, ResizeRule.Square, ResampleFilter.Bicubic)]
    [InlineData("""{"size": 224, "default_to_square": false, "image_processor_type": "ViTImageProcessor", "resample": 3}""", 224, 224,
        ResizeRule.ShortSide, ResampleFilter.Bicubic)]
    [InlineData("""{"size": {"height": 224, "width": 224, "shortest_edge": null, "longest_edge": null}}""", 224, 224, ResizeRule.Square,
        ResampleFilter.Bicubic)]
    [InlineData("""{"size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}, "data_format": "channels_first", "device": null, "disable_grouping": null, "do_pad": null, "pad_size": null, "input_data_format": null, "return_tensors": null, "default_to_square": false, "image_processor_type": "CLIPImageProcessorFast", "processor_class": "CLIPProcessor"}""", 224, 224, ResizeRule.ShortSide, ResampleFilter.Bicubic)]
    public void The_ways_of_other_encoders_are_read(string json, int imageSize, int shortSide, ResizeRule resize, ResampleFilter filter)
    {
        var read = Read(json);
        Assert.Equal((imageSize, shortSide, resize, filter), (read.ImageSize, read.ShortSide, read.Resize, read.Filter));
        var again = ReadWhole(read.ToJson());
        Assert.Equal((imageSize, shortSide, resize, filter), (again.ImageSize, again.ShortSide, again.Resize, again.Filter));
    }

    [Theory]
    [InlineData(64, 64, ResizeRule.ShortSide, ResampleFilter.Bicubic, "short side to 64 by bicubic with antialiasing, centre crop")]
    [InlineData(48, 64, ResizeRule.ShortSide, ResampleFilter.Lanczos, "short side to 64 by lanczos with antialiasing, centre crop to 48")]
    [InlineData(224, 224, ResizeRule.Square, ResampleFilter.Bilinear, "both sides to 224 by bilinear with antialiasing")]
    [InlineData(224, 256, ResizeRule.Square, ResampleFilter.Bicubic, "both sides to 256 by bicubic with antialiasing, centre crop to 224")]
    public void Words_say_what_happens_to_a_picture(int crop, int shortSide, ResizeRule resize, ResampleFilter filter, string expected) =>
        Assert.Equal(expected, (Preprocessing(crop, shortSide) with { Resize = resize, Filter = filter }).Description);

    [Fact]
    public void Without_normalisation_values_are_zero_to_one()
    {
        var read = ReadWhole("""{"size": 2, "do_normalize": false}""");
        var pixels = new Tensor(1, 3, 2, 2);
        read.Normalize([0, 51, 102, 153, 204, 255, 0, 0, 0, 255, 255, 255], pixels);
        Assert.Equal([0, 0.6f, 0, 1, 0.2f, 0.8f, 0, 1, 0.4f, 1, 0, 1], pixels.Span.ToArray());
    }

    [Theory]
    [InlineData("""{"size": 224, "resample": 0}""", "\"resample\" is 0; 1 (lanczos), 2 (bilinear), 3 (bicubic) are supported")]
    [InlineData("""{"size": 224, "resample": "bicubic"}""", "\"resample\" is \"bicubic\"; 1 (lanczos)")]
    [InlineData("""{"size": 224, "do_resize": false}""", "\"do_resize\" is false")]
    [InlineData("""{"size": 224, "do_center_crop": false}""", "\"do_center_crop\" is false")]
    [InlineData("""{"size": 224, "do_normalize": 0}""", "\"do_normalize\" is 0; expected true or false")]
    [InlineData("""{"size": 224, "do_rescale": false}""", "\"do_rescale\" is false")]
    [InlineData("""{"size": 224, "do_rescale": "yes"}""", "\"do_rescale\" is \"yes\"")]
    [InlineData("""{"size": 224, "rescale_factor": 0.5}""", "\"rescale_factor\" is 0.5")]
    [InlineData("""{"size": {"height": 224, "width": 200}}""", "\"size\" is {\"height\": 224, \"width\": 200}")]
    [InlineData("""{"size": {"height": 224}}""", "\"size\" is {\"height\": 224}")]
    [InlineData("""{"size": {"longest_edge": 224}}""", "\"size\" is {\"longest_edge\": 224}")]
    [InlineData("""{"size": 224, "crop_size": {"height": 224, "width": 200}}""", "\"crop_size\" is")]
    [InlineData("""{"size": 200, "crop_size": 224}""", "the short side of 200 pixels is less than the crop of 224")]
    [InlineData("""{"size": 0}""", "\"size\" is 0")]
    [InlineData("""{"size": 1e9}""", "\"size\" is 1e9")]
    [InlineData("""{"size": "224"}""", "\"size\" is \"224\"")]
    [InlineData("""{"size": {"shortest_edge": 224, "longest_edge": 300}}""",
        "\"size\" is {\"shortest_edge\": 224, \"longest_edge\": 300}; expected \"shortest_edge\" alone")]
    [InlineData("""{"size": 224, "do_pad": true}""", "\"do_pad\" is true, a setting that is not supported")]
    [InlineData("""{"size": 224, "crop_pct": 0.875}""", "\"crop_pct\" is 0.875")]
    [InlineData("""{"size": 224, "do_flip_channel_order": true}""", "\"do_flip_channel_order\" is true")]
    [InlineData("""{"size": 224, "of_next_year": false}""", "\"of_next_year\" is false")]
    [InlineData("""{"size": 224, "image_processor_type": "ConvNextImageProcessor"}""", "the image processor ConvNext is not supported")]
    [InlineData("""{}""", "\"size\" and \"crop_size\" are missing")]
    [InlineData("""[]""", "JSON object")]
    [InlineData("""{""", "not valid JSON")]
    public void What_is_not_done_is_refused_and_named(string json, string expected)
    {
        string message = Assert.Throws<InputException>(() => Read(json)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("""{"image_processor": SETTINGS, "processor_class": "CLIPProcessor"}""", null)]
    [InlineData("SETTINGS", null)]
    [InlineData("""{"image_processor": SETTINGS, "tokenizer": {"a": 1}, "do_rescale": false}""", "\"do_rescale\" is false")]
    [InlineData("""{"processor_class": "CLIPProcessor"}""", "\"size\" and \"crop_size\" are missing")]
    public void The_file_of_version_5_of_transformers_is_read_in_place_of_the_older_one(string json, string? refused)
    {
        using var folder = new TemporaryFolder();
        var settings = Preprocessing(48, 64) with { Filter = ResampleFilter.Lanczos };
        File.WriteAllText(folder[ImagePreprocessing.ProcessorFileName],
            json.Replace("SETTINGS", settings.ToJson(), StringComparison.Ordinal));
        var failure = Record.Exception(() => Assert.Equal(settings.ToJson(), ImagePreprocessing.ReadFolder(folder.Path).ToJson()));
        if (refused is null) Assert.Null(failure);
        else Assert.Contains(refused, Assert.IsType<InputException>(failure).Message, StringComparison.Ordinal);

        // Where both are there, version 4 of transformers wrote the newer one for what is no picture.
        File.WriteAllText(folder[ImagePreprocessing.FileName], Preprocessing(32, 32).ToJson());
        Assert.Equal(32, ImagePreprocessing.ReadFolder(folder.Path).ImageSize);
    }

    private static ImagePreprocessing Preprocessing(int crop, int shortSide) =>
        new(crop, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation) { ShortSide = shortSide };

    // With mean and deviation put in front, so that cases show what they are about.
    private static ImagePreprocessing Read(string json)
    {
        const string Channels = """{"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.2, 0.3]""";
        return ReadWhole(json == "{}" ? Channels + "}" : json.StartsWith("{\"", StringComparison.Ordinal)
            ? $"{Channels}, {json[1..]}"
            : json);
    }

    private static ImagePreprocessing ReadWhole(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[ImagePreprocessing.FileName], json);
        return ImagePreprocessing.Read(folder[ImagePreprocessing.FileName]);
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
