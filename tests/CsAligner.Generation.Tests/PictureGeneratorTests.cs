using CsAligner.Generation.Decoders;
using CsAligner.Tensors;

namespace CsAligner.Generation.Tests;

/// <summary>Pictures depend on embedding, noise and seed alone.</summary>
[Collection("process settings")]
public sealed class PictureGeneratorTests : IDisposable
{
    private readonly int _threads = Compute.Threads;

    // Sizes that no tile of a kernel divides; more pictures than go into a batch.
    private static readonly DiffusionDecoder Decoder = Random(new DecoderConfig
    {
        ImageSize = 40,
        PatchSize = 4,
        HiddenSize = 20,
        IntermediateSize = 52,
        NumHiddenLayers = 2,
        NumAttentionHeads = 2,
        ConditionSize = 7,
    });

    private static readonly Tensor Embeddings = Tensor.Normal(new RandomGenerator(2), 1, 23, 7);

    public void Dispose() => Compute.Threads = _threads;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void They_have_the_same_bits_for_a_batch_as_for_one_at_a_time(double guidance)
    {
        var options = new GenerationOptions { Steps = 3, Guidance = guidance, Seed = 5 };
        Assert.True(new PictureGenerator(Decoder, options).BatchSize < Embeddings.Rows, "All fit into one batch: the test checks nothing.");
        byte[][] together = Make(options, Embeddings);
        for (int i = 0; i < Embeddings.Rows; i += 5)
            Assert.Equal(together[i], Make(options, Tensor.From(Embeddings.Span.Slice(i * 7, 7), 1, 7))[0]);
    }

    [Fact]
    public void They_have_the_same_bits_for_any_number_of_threads()
    {
        var options = new GenerationOptions { Steps = 3 };
        Compute.Threads = 1;
        byte[][] expected = Make(options, Embeddings);
        foreach (int threads in new[] { 2, 3, 8 })
        {
            Compute.Threads = threads;
            Assert.Equal(expected, Make(options, Embeddings));
        }
    }

    [Fact]
    public void Several_of_one_embedding_differ_and_come_in_a_row()
    {
        byte[][] made = Make(new GenerationOptions { Steps = 2, Count = 3 }, Embeddings),
            first = Make(new GenerationOptions { Steps = 2 }, Embeddings);
        Assert.Equal(3 * Embeddings.Rows, made.Length);
        Assert.Equal(made.Length, made.Select(Convert.ToHexString).Distinct().Count());
        for (int i = 0; i < first.Length; i++) Assert.Equal(first[i], made[3 * i]);
    }

    [Fact]
    public void Equal_numbers_give_equal_noise_and_the_seed_another()
    {
        var same = new Tensor(2, 7);
        Embeddings.Span[..7].CopyTo(same.Span);
        Embeddings.Span[..7].CopyTo(same.Span[7..]);
        var options = new GenerationOptions { Steps = 2 };
        byte[][] equal = Make(options, same, [4, 4]), other = Make(options, same, [4, 5]),
            seeded = Make(options with { Seed = 1 }, same, [4, 4]);
        Assert.Equal(equal[0], equal[1]);
        Assert.Equal(equal[0], other[0]);
        Assert.NotEqual(other[0], other[1]);
        Assert.NotEqual(equal[0], seeded[0]);
    }

    [Fact]
    public void Guidance_leads_away_from_what_is_made_without_a_condition()
    {
        byte[] weak = Make(new GenerationOptions { Steps = 3, Guidance = 0 }, Embeddings)[0],
            other = Make(new GenerationOptions { Steps = 3, Guidance = 0 }, Other(), [Number(0)])[0];
        Assert.Equal(weak, other);
        Assert.NotEqual(
            Make(new GenerationOptions { Steps = 3, Guidance = 1 }, Embeddings)[0],
            Make(new GenerationOptions { Steps = 3, Guidance = 1 }, Other(), [Number(0)])[0]);

        static Tensor Other() => Tensor.From(Embeddings.Span.Slice(7, 7), 1, 7);
    }

    [Fact]
    public void The_length_of_an_embedding_does_not_matter()
    {
        var longer = Embeddings.Clone();
        foreach (ref float value in longer.Span) value *= 4;
        ulong[] numbers = [.. Enumerable.Range(0, 23).Select(i => (ulong)i)];
        var options = new GenerationOptions { Steps = 2 };
        Assert.Equal(Make(options, Embeddings, numbers), Make(options, longer, numbers));
    }

    [Fact]
    public void Evaluations_are_counted_as_announced_and_a_stop_leaves_whole_pictures()
    {
        var options = new GenerationOptions { Steps = 4 };
        var generator = new PictureGenerator(Decoder, options);
        long told = 0;
        generator.Run(Embeddings, (_, _) => { }, evaluated: n => told += n, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(generator.Evaluations(Embeddings.Rows), told);

        using var stop = new CancellationTokenSource();
        var written = new List<int>();
        Assert.Throws<OperationCanceledException>(() => generator.Run(
            Embeddings,
            (i, _) =>
            {
                written.Add(i);
                if (i == generator.BatchSize - 1) stop.Cancel();
            },
            cancellation: stop.Token));
        Assert.Equal(Enumerable.Range(0, generator.BatchSize), written);
    }

    [Fact]
    public void Embeddings_that_cannot_be_used_are_refused()
    {
        Assert.Contains("embeddings of 7 values, but these have 5", Refusal(new Tensor(2, 5)));
        Assert.Contains("Embedding 1", Refusal(Tensor.From([1, 0, 0, 0, 0, 0, 0, .. new float[7]], 2, 7)));
        Assert.Contains("Embedding 0", Refusal(Tensor.From([float.NaN, 0, 0, 0, 0, 0, 0], 1, 7)));

        static string Refusal(Tensor embeddings) => Assert.Throws<InputException>(() => Make(new GenerationOptions(), embeddings)).Message;
    }

    private static ulong Number(int row)
        => PictureGenerator.NoiseNumber(System.Runtime.InteropServices.MemoryMarshal.AsBytes(Embeddings.Span.Slice(row * 7, 7)));

    private static byte[][] Make(GenerationOptions options, Tensor embeddings, ulong[]? noise = null)
    {
        var made = new List<byte[]>();
        new PictureGenerator(Decoder, options).Run(embeddings, (i, rgb) =>
        {
            Assert.Equal(made.Count, i);
            made.Add(rgb);
        }, noise);
        return [.. made];
    }

    private static DiffusionDecoder Random(DecoderConfig config)
    {
        var random = new RandomGenerator(1);
        var decoder = DiffusionDecoder.Create(config, random);
        foreach (var (_, values) in decoder.NamedTensors) Tensor.Normal(random, 0.15f, values.Shape).Span.CopyTo(values.Span);
        decoder.RequireGrad(false);
        return decoder;
    }
}
