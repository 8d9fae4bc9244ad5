using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;
using CsAligner.Testing;

namespace CsAligner.Onnx.Tests;

/// <summary>The same CLIP computed here and by ONNX Runtime: to a caller they are one.</summary>
public sealed class ClipTests
{
    // Float32 sums in another order.
    private const float Rounding = 2e-5f;

    [Theory]
    [InlineData(false, null)]
    [InlineData(false, 1)]
    [InlineData(false, 3)]
    [InlineData(true, null)]
    public void A_tiny_clip_gives_the_features_of_the_native_one_from_two_graphs_or_one(bool whole, int? batchSize)
    {
        using var folder = TinyClip(whole);
        var options = new OnnxOptions();
        var opened = OnnxModelFolder.Open(folder.Path, null);
        using var vision = new OnnxImageEncoder(OnnxGraph.Open((opened.Vision ?? opened.Whole)!, options), opened, options);
        using var golden = SafeTensorsFile.Open(folder["golden.safetensors"]);
        int[][] rows = [.. golden.ReadInt64("input_ids").Select(id => (int)id).Chunk(16)];
        int[][] texts = [.. rows.Select(row => row[..(Array.IndexOf(row, 299) + 1)])];
        using var text =
            new OnnxTextEncoder(OnnxGraph.Open((opened.Text ?? opened.Whole)!, options), opened, options, new GivenTokens(texts, 299), 32);
        Assert.Equal((48, 48, 16), (vision.Width, text.Width, text.ContextLength));

        var model = ClipModel.Load(folder.Path);
        model.Freeze();
        byte[] pictures = Noise(7 * 3 * 32 * 32);
        var images = new Tensor(7, 48);
        vision.EmbedImages(7, (i, rgb) => pictures.AsSpan(i * rgb.Length, rgb.Length).CopyTo(rgb), false,
            batch => batch.Features.Span.CopyTo(images.Span[(batch.First * 48)..]), batchSize, TestContext.Current.CancellationToken);
        using var tape = Tape.Inference();
        var pixels = new Tensor(7, 3, 32, 32);
        vision.Preprocessing.Normalize(pictures, pixels);
        GoldenFeatures.AssertNear(tape.Normalize(model.Vision.Encode(tape, pixels)), images, Rounding);

        var made = new Tensor(6, 48);
        text.EmbedTexts(["0", "1", "2", "3", "4", "5"], false, batch => batch.Features.Span.CopyTo(made.Span[(batch.First * 48)..]),
            batchSize, TestContext.Current.CancellationToken);
        GoldenFeatures.AssertNear(tape.Normalize(model.Text.Encode(tape, rows.SelectMany(row => row).ToArray(), 6)), made, Rounding);
        GoldenFeatures.AssertNear(tape.Normalize(golden.ReadTensor("text_embeds")), made, Rounding);
    }

    [Fact]
    public void The_embedded_model_in_half_precision_gives_the_same_features_as_a_folder_of_either_kind()
    {
        using var folder = new TemporaryFolder();
        folder.CopyFrom(Path.Combine(Repository.Root, "models", "icon-clip"));
        Assert.False(FrozenEncoders.IsOnnx(folder.Path));
        folder.CopyFrom(Path.Combine(OnnxNeeds.Golden, "icon-clip"));
        Assert.False(FrozenEncoders.IsOnnx(folder.Path), "a CLIP that has its safetensors is computed here");
        Assert.True(FrozenEncoders.IsOnnx(folder.Path, new OnnxOptions()));
        using var native = FrozenEncoders.Load(folder.Path);
        using var onnx = FrozenEncoders.Load(folder.Path, new OnnxOptions { Threads = 1 });
        Assert.IsType<ClipEmbedder>(native.Images);
        Assert.IsType<OnnxImageEncoder>(onnx.Images);
        Assert.Equal((native.Name, native.Images.Width, native.Texts!.Width), (onnx.Name, onnx.Images.Width, onnx.Texts!.Width));

        const int Count = 21;
        byte[] pictures = Noise(Count * 3 * 64 * 64);
        ImageReader read = (i, rgb) => pictures.AsSpan(i * rgb.Length, rgb.Length).CopyTo(rgb);
        List<int> done = [];
        GoldenFeatures.AssertNear(native.Images.EmbedImages(Count, read, null, TestContext.Current.CancellationToken),
            onnx.Images.EmbedImages(Count, read, done.Add, TestContext.Current.CancellationToken), Rounding);
        Assert.Equal(Count, done[^1]);

        // More than a round, of all lengths, in no order.
        string[] words = ["arrow", "left", "circle", "user", "settings", "a", "chevron-down", "💡", "file", "off"];
        string[] texts =
            [.. Enumerable.Range(0, 700)
                .Select(i => string.Join(' ', Enumerable.Range(0, i * 7 % 23).Select(w => words[(i + (w * w)) % words.Length])))];
        GoldenFeatures.AssertNear(native.Texts.EmbedTexts(texts, null, TestContext.Current.CancellationToken),
            onnx.Texts.EmbedTexts(texts, null, TestContext.Current.CancellationToken), Rounding);
    }

    [Fact]
    public void Threads_several_callers_and_the_way_to_stop_are_as_for_any_encoder()
    {
        using var folder = TinyClip(whole: false);
        var opened = OnnxModelFolder.Open(folder.Path, null);
        byte[] pictures = Noise(40 * 3 * 32 * 32);
        ImageReader read = (i, rgb) => pictures.AsSpan(i * rgb.Length, rgb.Length).CopyTo(rgb);
        var results = new Tensor[3];
        foreach (var (threads, spinning, place) in new[] { (1, false, 0), (2, true, 1), (2, false, 2) })
        {
            var options = new OnnxOptions { Threads = threads, Spinning = spinning };
            using var vision = new OnnxImageEncoder(OnnxGraph.Open(opened.Vision!, options), opened, options);
            var callers = new Tensor[4];
            Parallel.For(0, 4, i => callers[i] = vision.EmbedImages(40, read, null, TestContext.Current.CancellationToken));
            results[place] = callers[0];
            foreach (var caller in callers) GoldenFeatures.AssertNear(callers[0], caller, Rounding);
            using var stop = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => vision.EmbedImages(40, read, _ => stop.Cancel(), stop.Token));
            Assert.Throws<NotSupportedException>(() => vision.EmbedImages(1, read, tokens: true, _ => { }, cancellation: stop.Token));
            Assert.Equal(0, vision.EmbedImages(0, read, null, TestContext.Current.CancellationToken).Rows);
            Assert.Equal("image 20 is damaged",
                Assert.Throws<InputException>(() =>
                    vision.EmbedImages(40, (i, _) => Fail(i), null, TestContext.Current.CancellationToken)).Message);
        }

        GoldenFeatures.AssertNear(results[0], results[1], Rounding);
        GoldenFeatures.AssertNear(results[0], results[2], Rounding);

        static void Fail(int image)
        {
            if (image == 20) throw new InputException("image 20 is damaged");
        }
    }

    private static TemporaryFolder TinyClip(bool whole)
    {
        var folder = new TemporaryFolder();
        folder.CopyFrom(Path.Combine(Repository.Root, "tests", "CsAligner.Tests", "Golden", "clip-tiny"));
        foreach (string file in whole ? ["model.onnx"] : (string[])["vision_model.onnx", "text_model.onnx"])
            File.Copy(Path.Combine(OnnxNeeds.Golden, "clip-tiny", file), folder[file]);
        File.WriteAllText(folder[ImagePreprocessing.FileName],
            new ImagePreprocessing(32, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation).ToJson());
        return folder;
    }

    private static byte[] Noise(int length)
    {
        var random = new RandomGenerator(3);
        return [.. Enumerable.Range(0, length).Select(i => (byte)(random.Next(100) + (i / 500 % 150)))];
    }
}
