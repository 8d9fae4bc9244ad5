using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Ranks;
using CsAligner.Tensors;
using CsAligner.Testing;
using CsAligner.Training;

namespace CsAligner.Tests.Ranks;

/// <summary>Training over ranks: the weights of one process, whatever the objective, the data and the exchange.</summary>
public sealed class RankedTrainingTests
{
    public static TheoryData<string> Objectives =>
    [
        "cs+infonce", "cs", "cs+similarity+infonce", "infonce", "siglip", "mmd+infonce", "sinkhorn", "coral", "cosine+similarity", "l2",
        "kl", "barycentre", "mean-shift", "regression", "raw",
    ];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void TwentyStepsEndWhereOneProcessDoes(string objective) =>
        Compare(Options(AlignmentObjective.Parse(objective)), Data(unpaired: objective is not ("raw" or "regression")), RowExchange.Gather);

    [Theory]
    [InlineData(RowExchange.Gather)]
    [InlineData(RowExchange.Ring)]
    public void BothExchangesDoAndAdaptersOfAnyKind(RowExchange exchange)
    {
        var options = Options(AlignmentObjective.Parse("cs+infonce"));
        Compare(options with { Adapter = new AdapterOptions { Kind = "mlp" }, LearnTemperature = true }, Data(true), exchange);
        Compare(options with { Bandwidth = BandwidthRule.Within(0.5), ChunkSize = 7, Train = TrainedSide.Text }, Data(true), exchange);
    }

    [Fact]
    public void SeveralTextsAnImageAndSeveralBandwidths()
    {
        long[] imageOfText = [.. Enumerable.Range(0, 150).Select(t => (long)t % 100)];
        var data = new AlignmentData(Clouds.Flat(100, 16, 1, 0.1f), Clouds.Flat(150, 16, 2, -0.1f), Pairing.From(imageOfText, 100, 150));
        var options = Options(AlignmentObjective.Parse("cs+infonce"));
        Compare(options with { AllCaptions = true }, data, RowExchange.Gather);
        Compare(options with { BandwidthFactors = [0.5, 1, 2] }, data, RowExchange.Gather);
        Compare(options with { Estimator = new NystromEstimator() }, data, RowExchange.Gather);
    }

    [Fact]
    public void NoPairsAtAll() => Compare(
        Options(AlignmentObjective.Parse("cs")) with { Start = CsAligner.Starts.AlignmentStart.Barycentre },
        AlignmentData.WithoutPairs(Clouds.Flat(130, 16, 1, 0.1f), Clouds.Flat(170, 16, 2, -0.1f)), RowExchange.Gather);

    [Theory]
    [InlineData("cs+similarity+infonce", "barycentre")]
    [InlineData("cs+infonce", "mean-shift")]
    [InlineData("cs+infonce", "matching")]
    [InlineData("siglip", "regression")]
    public void RanksThatHoldTheirOwnRowsAloneGiveTheSame(string objective, string start)
    {
        var options = Options(AlignmentObjective.Parse(objective)) with
        {
            Start = Enum.Parse<CsAligner.Starts.AlignmentStart>(start.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
            ValidationFraction = 0.5,
        };
        long[] imageOfText = [.. Enumerable.Range(0, 170).Select(t => (long)(t * 7) % 128)];
        var data = Data(true);
        var whole = new AlignmentData(data.Images, Clouds.Flat(170, 16, 2, -0.1f), Pairing.From(imageOfText, 128, 170))
        {
            UnpairedImages = data.UnpairedImages,
            UnpairedTexts = data.UnpairedTexts,
        };
        using var folder = new TemporaryFolder();
        var alone = new AlignmentTrainer(options, whole).Run(folder["alone"], cancellation: TestContext.Current.CancellationToken);
        foreach (int size in (int[])[1, 3, 8])
        {
            var results = ThreadRanks.Run(size, ranks =>
                new AlignmentTrainer(options, Held(whole, ranks), ranks, RowExchange.Gather).Run(folder[$"{size}"]));
            Same(alone, results[0], 1e-5f);
            Assert.Equal(alone.Epochs[^1].ValidationObjective, results[^1].Epochs[^1].ValidationObjective, 1e-4f);

            // And one process goes on from what they have left.
            Assert.True(new AlignmentTrainer(options, whole).Run(
                folder[$"{size}"], resume: true, cancellation: TestContext.Current.CancellationToken).Resumed);
        }
    }

    private static AlignmentData Held(AlignmentData whole, ThreadRanks ranks)
    {
        var texts = HeldRows.TextNumbersOf(whole.Pairing, ranks);
        return new AlignmentData(
            Rows(whole.Images, out var images), Take(whole.Texts, texts), whole.Pairing)
        {
            UnpairedImages = Rows(whole.UnpairedImages!, out var freeImages),
            UnpairedTexts = Rows(whole.UnpairedTexts!, out var freeTexts),
            Share = new AlignmentShare(images, new HeldRows(whole.Texts.Rows, texts))
            {
                UnpairedImages = freeImages,
                UnpairedTexts = freeTexts,
            },
        };

        Tensor Rows(Tensor all, out HeldRows held)
        {
            held = new HeldRows(all.Rows, HeldRows.NumbersOf(all.Rows, ranks));
            return Take(all, held.Numbers);
        }

        static Tensor Take(Tensor all, IReadOnlyList<int> numbers)
        {
            var rows = new Tensor(numbers.Count, all.Width);
            for (int i = 0; i < numbers.Count; i++)
                all.Span.Slice(numbers[i] * all.Width, all.Width).CopyTo(rows.Span[(i * all.Width)..]);
            return rows;
        }
    }

    [Fact]
    public void FewerRowsThanRanks() => Compare(
        Options(AlignmentObjective.Parse("cs+infonce")) with { BatchSize = 3 },
        new AlignmentData(Clouds.Flat(5, 16, 1, 0.1f), Clouds.Flat(5, 16, 2, -0.1f)), RowExchange.Gather);

    [Fact]
    public void RanksWithOtherDataOrOptionsAreNamed()
    {
        var options = Options(AlignmentObjective.Parse("cs+infonce"));
        var other = Assert.Throws<InputException>(() => ThreadRanks.Run(3, ranks =>
            new AlignmentTrainer(options, Data(true, seed: ranks.Rank == 2 ? 9u : 1u), ranks, RowExchange.Gather).Run()));
        Assert.StartsWith("mpi: rank 2 has other images than rank 0;", other.Message, StringComparison.Ordinal);
        other = Assert.Throws<InputException>(() => ThreadRanks.Run(3, ranks =>
            new AlignmentTrainer(options with { Seed = ranks.Rank == 1 ? 5ul : 1 }, Data(true), ranks, RowExchange.Gather).Run()));
        Assert.StartsWith("mpi: rank 1 has other options than rank 0;", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatDoesNotRunOnRanksIsRefused()
    {
        var refused = Assert.Throws<InputException>(() => ThreadRanks.Run(2, ranks => new AlignmentTrainer(
            Options(AlignmentObjective.Parse("siglip")), Data(false), ranks, RowExchange.Ring)));
        Assert.Contains("cs, infonce and their sum", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunGoesOnWithOtherRanks()
    {
        using var folder = new TemporaryFolder();
        string checkpoint = Path.Combine(folder.Path, "checkpoint.safetensors");
        var options = Options(AlignmentObjective.Parse("cs+infonce"));
        var straight = ThreadRanks.Run(2, ranks => new AlignmentTrainer(options, Data(true), ranks, RowExchange.Gather).Run())[0];
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => ThreadRanks.Run(3, ranks => new AlignmentTrainer(
            options, Data(true), ranks, RowExchange.Gather)
        {
            StepDone = step => { if (step == 9 && ranks.Rank == 1) stop.Cancel(); },
        }.Run(checkpoint, cancellation: ranks.Rank == 1 ? stop.Token : default)));
        var resumed = ThreadRanks.Run(2, ranks =>
            new AlignmentTrainer(options, Data(true), ranks, RowExchange.Ring).Run(checkpoint, resume: true))[1];
        Assert.True(resumed.Resumed);
        Same(straight, resumed, 1e-5f);
    }

    private static void Compare(AlignmentOptions options, AlignmentData data, RowExchange exchange)
    {
        var alone = new AlignmentTrainer(options, data).Run();
        foreach (int size in (int[])[1, 2, 3, 8])
        {
            var results = ThreadRanks.Run(size, ranks => new AlignmentTrainer(options, data, ranks, exchange).Run());
            foreach (var result in results) Same(results[0], result, 0);
            Same(alone, results[0], 1e-5f);
            Assert.Equal(size, results[0].Ranks);
            Assert.Equal(size > 1, results[0].ExchangedBytes > 0);
        }
    }

    private static void Same(AlignmentResult expected, AlignmentResult actual, float tolerance)
    {
        foreach (var (one, other) in new[] { (expected.Image, actual.Image), (expected.Text, actual.Text) })
        {
            var (want, got) = (one.Parameters.ToArray(), other.Parameters.ToArray());
            Assert.Equal(want.Length, got.Length);
            foreach (var (a, b) in want.Zip(got))
            {
                float largest = a.Values.Span.ToArray().Max(Math.Abs);
                for (int i = 0; i < a.Values.Length; i++)
                    Assert.True(Math.Abs(a.Values.Span[i] - b.Values.Span[i]) <= tolerance * Math.Max(1, largest),
                        $"{a.Name}[{i}]: {a.Values.Span[i]} against {b.Values.Span[i]}");
            }
        }
    }

    private static AlignmentOptions Options(AlignmentObjective objective) => new()
    {
        Objective = objective,
        BatchSize = 32,
        Epochs = 5,
        ValidationFraction = 0,
        Seed = 1,
        Adapter = new AdapterOptions { Kind = "linear" },
    };

    private static AlignmentData Data(bool unpaired, ulong seed = 1) =>
        new(Clouds.Flat(128, 16, seed, 0.1f), Clouds.Flat(128, 16, 2, -0.1f))
        {
            UnpairedImages = unpaired ? Clouds.Flat(40, 16, 3, 0.1f) : null,
            UnpairedTexts = unpaired ? Clouds.Flat(9, 16, 4, -0.1f) : null,
        };
}
