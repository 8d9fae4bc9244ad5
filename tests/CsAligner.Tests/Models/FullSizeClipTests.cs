using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tests.Models;

/// <summary>
/// A ViT-B/32 of full size and random weights against PyTorch, where that is to be had. Random towers give features that are nearly
/// the same for all inputs, so that cosines near 1 mean nothing; with the batch's mean subtracted they do.
/// </summary>
public sealed class FullSizeClipTests
{
    private const int Batch = 8, Tokens = 12;

    private static readonly ClipConfig Config = new()
    {
        ProjectionWidth = 512,
        Text = new TransformerConfig { Width = 512, MlpWidth = 2048, Layers = 12, Heads = 8 },
        Vision = new TransformerConfig { Width = 768, MlpWidth = 3072, Layers = 12, Heads = 12 },
        VocabularySize = 49408,
        ContextLength = 77,
        EndToken = 49407,
        ImageSize = 224,
        PatchSize = 32,
    };

    [Fact]
    public async Task Features_of_a_random_vit_b_32_are_those_of_pytorch_and_the_wrong_nonlinearity_is_noticed()
    {
        string? python = await Python.WithTorchAsync();
        Assert.SkipWhen(python is null, Python.Missing);
        using var folder = new TemporaryFolder();
        RandomModel().Save(folder.Path, ElementType.Float16);
        var (pixels, ids) = (Pixels(), Ids());
        var inputs = new SafeTensorsWriter();
        inputs.Add("pixel_values", pixels);
        inputs.Add("input_ids", ids.Select(id => (long)id).ToArray(), [Batch, Tokens]);
        inputs.Write(folder["inputs.safetensors"]);
        string script = Path.Combine(AppContext.BaseDirectory, "Golden", "full-size", "clip_reference.py");
        await Python.RunAsync(python!, script, folder.Path, folder["inputs.safetensors"], folder["outputs.safetensors"]);

        // Read back from float16, as PyTorch does.
        var model = ClipModel.Load(folder.Path);
        model.Freeze();
        using var tape = Tape.Inference();
        foreach (var (name, features) in new[] { ("image_embeds", model.Vision.Encode(tape, pixels)),
            ("text_embeds", model.Text.Encode(tape, ids, Batch)) })
        {
            double right = LeastCosine(folder["outputs.safetensors"], "quick_gelu." + name, features),
                wrong = LeastCosine(folder["outputs.safetensors"], "gelu." + name, features);
            TestContext.Current.TestOutputHelper!.WriteLine($"{name}: least cosine {right:f6}, with gelu for quick_gelu {wrong:f6}");
            Assert.InRange(right, 0.999, 1 + 1e-6);
            Assert.True(wrong < 0.999, $"{name}: gelu for quick_gelu goes unnoticed at a least cosine of {wrong}");
        }
    }

    // CLIP's own start has no biases, flat norms, even attention and activations near 0, where the two nonlinearities hardly differ
    // (cosines of 0.9999). Trained weights are stronger; so are these.
    private static ClipModel RandomModel()
    {
        var random = new RandomGenerator(32);
        var model = ClipModel.Create(Config, random);
        foreach (var (name, values) in model.NamedTensors.Where(t => t.Name.Contains(".layers.", StringComparison.Ordinal)))
        {
            if (name.EndsWith("bias", StringComparison.Ordinal)) Tensor.Normal(random, 0.2f, values.Shape).Span.CopyTo(values.Span);
            else if (values.Rank == 1) foreach (ref float value in values.Span) value = 0.5f + (float)random.NextDouble();
            else if (name.Contains("q_proj", StringComparison.Ordinal)) foreach (ref float value in values.Span) value *= 4;
            else if (name.Contains("fc1", StringComparison.Ordinal)) foreach (ref float value in values.Span) value *= 2;
        }

        return model;
    }

    // Soft shading of a frequency, direction and colour of its own for each image.
    private static Tensor Pixels()
    {
        var pixels = new Tensor(Batch, 3, 224, 224);
        var random = new RandomGenerator(7);
        for (int plane = 0; plane < Batch * 3; plane++)
        {
            double across = random.NextDouble() * 0.3, down = random.NextDouble() * 0.3, phase = random.NextDouble() * 6,
                level = (random.NextDouble() * 2) - 1;
            var values = pixels.Span.Slice(plane * 224 * 224, 224 * 224);
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(level + Math.Sin((across * (i % 224)) + (down * (i / 224)) + phase));
        }

        return pixels;
    }

    // Begin, words, end, and the end again as padding, as the published tokenizer pads.
    private static int[] Ids()
    {
        var random = new RandomGenerator(8);
        var ids = new int[Batch * Tokens];
        Array.Fill(ids, Config.EndToken);
        for (int b = 0; b < Batch; b++)
        {
            ids[b * Tokens] = Config.EndToken - 1;
            for (int t = 1; t <= 3 + b; t++) ids[(b * Tokens) + t] = random.Next(Config.EndToken - 1);
        }

        return ids;
    }

    private static double LeastCosine(string path, string name, Tensor features)
    {
        using var file = SafeTensorsFile.Open(path);
        double[][] expected = Centred(file.ReadDoubles(name)), actual = Centred([.. features.Span.ToArray().Select(v => (double)v)]);
        return expected.Zip(actual, (x, y) => x.Zip(y, (a, b) => a * b).Sum() / Math.Sqrt(x.Sum(a => a * a) * y.Sum(b => b * b))).Min();
    }

    private static double[][] Centred(double[] values)
    {
        int width = values.Length / Batch;
        double[] mean = [.. Enumerable.Range(0, width).Select(i => Enumerable.Range(0, Batch).Average(b => values[(b * width) + i]))];
        return [.. values.Chunk(width).Select(row => row.Zip(mean, (v, m) => v - m).ToArray())];
    }
}
