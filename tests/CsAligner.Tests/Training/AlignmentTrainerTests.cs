using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

[Collection("process settings")]
public sealed class AlignmentTrainerTests : IDisposable
{
    private const int Width = 16;

    private static readonly AlignmentOptions Small = new()
    {
        Epochs = 6,
        BatchSize = 50,
        LearningRate = 3e-3,
        Seed = 5,
        Adapter = new AdapterOptions { Size = 4 },
        LearnTemperature = true,
        ValidationFraction = 0.2,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("csaligner-align").FullName;
    private readonly int _threads = Compute.Threads;

    public void Dispose()
    {
        Compute.Threads = _threads;
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("cs+infonce")]
    [InlineData("cs")]
    [InlineData("infonce")]
    [InlineData("mmd+infonce")]
    [InlineData("coral+infonce")]
    [InlineData("kl+infonce")]
    [InlineData("sinkhorn+infonce")]
    [InlineData("l2+infonce")]
    [InlineData("cosine")]
    [InlineData("siglip")]
    [InlineData("cs+siglip")]
    public void Training_lowers_its_objective_on_pairs_it_never_saw(string objective)
    {
        var result = Run(Small with { Objective = AlignmentObjective.Parse(objective), Epochs = 20 }, Pairs(320));
        Assert.Equal((21, 64, 256), (result.Epochs.Count, result.ValidationPairs, result.TrainingPairs));
        Assert.True(result.BestEpoch > 0);
        Assert.True(result.Epochs[result.BestEpoch].ValidationObjective < result.Epochs[0].ValidationObjective);
        Assert.Equal(result.Epochs.Min(e => e.ValidationObjective), result.Epochs[result.BestEpoch].ValidationObjective);
    }

    [Fact]
    public void Mean_shift_takes_the_means_away_and_trains_nothing()
    {
        var data = Pairs(100);
        var result = Run(Small with { Objective = AlignmentObjective.MeanShift, ValidationFraction = 0 }, data);
        Assert.Equal(0, result.BestEpoch);
        double before = Evaluator.Measure(data.Images, data.Texts).CentroidGap;
        double after = Evaluator.Measure(result.Image.Apply(data.Images), result.Text.Apply(data.Texts)).CentroidGap;
        Assert.True(after < 0.2 * before, $"{before} to {after}");
    }

    [Theory]
    [InlineData(TrainedSide.Text)]
    [InlineData(TrainedSide.Image)]
    public void The_side_that_does_not_train_stays_as_it_is(TrainedSide side)
    {
        var data = Pairs(120);
        var result = Run(Small with { Train = side }, data);
        var (still, rows, moved) = side == TrainedSide.Text
            ? (result.Image, data.Images, result.Text)
            : (result.Text, data.Texts, result.Image);
        var mapped = still.Apply(rows);
        for (int i = 0; i < rows.Length; i++) Assert.Equal(rows.Span[i], mapped.Span[i], 1e-6f);
        Assert.Equal("low-rank", moved.Kind);
        double before = Evaluator.Measure(data.Images, data.Texts).CentroidGap;
        double after = Evaluator.Measure(result.Image.Apply(data.Images), result.Text.Apply(data.Texts)).CentroidGap;
        Assert.True(after < 0.4 * before, $"{before} to {after}");
    }

    // Cancelled after every possible number of steps: whatever the last checkpoint holds, the end is the same.
    [Theory]
    [InlineData(null)]
    [InlineData(16)]
    public void A_run_cut_off_anywhere_and_resumed_ends_with_the_same_bits(int? chunkSize)
    {
        var data = Pairs(120) with
        {
            UnpairedImages = Rows(30, 9, 0.3f),
            UnpairedTexts = Rows(45, 10, -0.3f),
            ValidationImages = Pairs(30).Images,
            ValidationTexts = Pairs(30).Texts
        };
        var options = Small with { Epochs = 3, BatchSize = 40, ChunkSize = chunkSize, Bandwidth = BandwidthRule.Median };
        var expected = Run(options, data);
        for (int cut = 0; cut < 9; cut++)
        {
            string checkpoint = Path.Combine(_folder, $"{cut}.safetensors");
            using var source = new CancellationTokenSource();
            var trainer = new AlignmentTrainer(options, data) { StepDone = step => { if (step == cut) source.Cancel(); } };
            if (cut == 0) source.Cancel();
            Assert.Throws<OperationCanceledException>(() => trainer.Run(checkpoint, cancellation: source.Token));
            var resumed = Run(options, data, checkpoint, resume: true);
            Assert.True(resumed.Resumed);
            Same(expected, resumed);
        }
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        Compute.Threads = 1;
        var first = Run(Small, Pairs(120));
        Compute.Threads = 3;
        Same(first, Run(Small, Pairs(120)));
    }

    [Fact]
    public void Seeds_change_the_run()
    {
        var first = Run(Small, Pairs(120));
        var other = Run(Small with { Seed = 6 }, Pairs(120));
        Assert.NotEqual(first.Epochs[^1].Loss, other.Epochs[^1].Loss);
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused()
    {
        string checkpoint = Path.Combine(_folder, "c.safetensors");
        Run(Small, Pairs(120), checkpoint);
        Assert.Contains("other options", Assert.Throws<InputException>(
            () => Run(Small with { Lambda = 0.5 }, Pairs(120), checkpoint, resume: true)).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => Run(Small, Pairs(121), checkpoint, resume: true));
    }

    public static TheoryData<string> DataParts() =>
    [
        "images", "texts", "pairs", "unpaired images", "unpaired texts", "validation images", "validation texts", "image tokens",
        "text tokens", "validation image tokens", "validation text tokens",
    ];

    // The same shapes throughout: only contents tell.
    [Theory]
    [MemberData(nameof(DataParts))]
    public void A_checkpoint_of_other_contents_is_refused_by_name(string changed)
    {
        string checkpoint = Path.Combine(_folder, "c.safetensors");
        Run(Small, Data("none"), checkpoint);
        Assert.True(Run(Small, Data("none"), checkpoint, resume: true).Resumed);
        string message = Assert.Throws<InputException>(() => Run(Small, Data(changed), checkpoint, resume: true)).Message;
        Assert.Contains($"written with other {changed};", message, StringComparison.Ordinal);

        AlignmentData Data(string changed)
        {
            int number = 0;
            Tensor Features(string name, int count) => Rows(count, (ulong)(++number + (name == changed ? 100 : 0)), 0.2f);
            NoiseTokens Tokens(string name, int count) => new(count, 3, name == changed ? 0.3f : 0.2f);
            long[] pairs = [.. Enumerable.Range(0, 60)];
            if (changed == "pairs") (pairs[0], pairs[1]) = (pairs[1], pairs[0]);
            return new AlignmentData(Features("images", 60), Features("texts", 60), Pairing.From(pairs, 60, 60))
            {
                UnpairedImages = Features("unpaired images", 9),
                UnpairedTexts = Features("unpaired texts", 9),
                ValidationImages = Features("validation images", 20),
                ValidationTexts = Features("validation texts", 20),
                ImageTokens = Tokens("image tokens", 60),
                TextTokens = Tokens("text tokens", 60),
                ValidationImageTokens = Tokens("validation image tokens", 20),
                ValidationTextTokens = Tokens("validation text tokens", 20),
            };
        }
    }

    [Fact]
    public void Interpolated_adapters_lie_between_the_start_and_the_trained_ones()
    {
        AlignmentResult At(double share) => Run(Small with { Interpolation = share, ValidationFraction = 0 }, Pairs(120));
        float[] Weights(AlignmentResult result, string name) => result.Text.Tensors.Single(t => t.Name == name).Values.Span.ToArray();
        var (quarter, half, trained) = (At(0.25), At(0.5), At(1));
        Assert.Equal(Weights(trained, "shift"), Weights(half, "shift"));
        foreach (string name in (string[])["down.weight", "up.weight"])
        {
            float[] a = Weights(quarter, name), b = Weights(half, name), c = Weights(trained, name);
            Assert.NotEqual(a, c);
            for (int i = 0; i < a.Length; i++) Assert.Equal(c[i] - b[i], 2 * (b[i] - a[i]), 1e-5f);
        }

        // The last layer starts at zero.
        foreach (var (a, b) in Weights(half, "up.weight").Zip(Weights(trained, "up.weight"))) Assert.Equal(b / 2, a, 1e-6f);
    }

    [Fact]
    public void Reports_and_adapters_can_be_read_back()
    {
        var result = Run(Small, Pairs(120));
        AlignmentReport.Write(_folder, Small, result);
        using var run = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "run.json")));
        Assert.Equal(7, run.RootElement.GetProperty("epochs").GetArrayLength());
        Assert.Equal("within*0.35", run.RootElement.GetProperty("options").GetProperty("bandwidth").GetString());
        Assert.Equal(result.Text.Apply(Pairs(9).Texts).Span.ToArray(),
            Adapter.Load(Path.Combine(_folder, "text-adapter.safetensors")).Apply(Pairs(9).Texts).Span.ToArray());
    }

    [Fact]
    public void Options_out_of_range_and_data_that_does_not_fit_are_named()
    {
        void Refused(string what, Action action) =>
            Assert.Contains(what, Assert.Throws<InputException>(action).Message, StringComparison.Ordinal);
        Refused("LearningRate:", () => _ = new AlignmentTrainer(Small with { LearningRate = 0 }, Pairs(40)));
        Refused("ChunkSize:", () => _ = new AlignmentTrainer(Small with { ChunkSize = 0 }, Pairs(40)));
        Refused("UnpairedRatio:", () => _ = new AlignmentTrainer(Small with { UnpairedRatio = 0 }, Pairs(40)));
        Refused("Lambda:", () => _ = new AlignmentTrainer(Small with { Lambda = double.NaN }, Pairs(40)));
        Refused("Interpolation:", () => _ = new AlignmentTrainer(Small with { Interpolation = 0 }, Pairs(40)));
        Refused("ValidationFraction:", () => _ = new AlignmentTrainer(Small with { ValidationFraction = 0.6 }, Pairs(40)));
        Refused("Adapter.Kind:", () => _ = new AlignmentTrainer(Small with { Adapter = new AdapterOptions { Kind = "lora" } }, Pairs(40)));
        Refused("at least 2 pairs", () => _ = new AlignmentTrainer(Small, Pairs(1)));
        Refused("unpaired texts", () => _ = new AlignmentTrainer(Small, Pairs(40) with { UnpairedTexts = new Tensor(2, 3) }));
        Refused("need pairs", () => _ = new AlignmentData(new Tensor(2, 3), new Tensor(3, 3)));
        Refused("objective:", () => AlignmentObjective.Parse("cs+cs"));
    }

    private static AlignmentResult Run(AlignmentOptions options, AlignmentData data, string? checkpoint = null, bool resume = false) =>
        new AlignmentTrainer(options, data).Run(checkpoint, resume, cancellation: TestContext.Current.CancellationToken);

    private static void Same(AlignmentResult expected, AlignmentResult actual)
    {
        Assert.Equal(expected.BestEpoch, actual.BestEpoch);
        Assert.Equal(expected.Epochs, actual.Epochs);
        foreach (var (a, b) in expected.Image.Tensors.Concat(expected.Text.Tensors).Zip(actual.Image.Tensors.Concat(actual.Text.Tensors)))
            Assert.Equal(a.Values.Span.ToArray(), b.Values.Span.ToArray());
    }

    [Fact]
    public void Raw_moves_nothing()
    {
        var data = Pairs(80);
        var result = Run(Small with { Objective = AlignmentObjective.Raw }, data);
        var mapped = result.Text.Apply(data.Texts);
        for (int i = 0; i < mapped.Length; i++) Assert.Equal(data.Texts.Span[i], mapped.Span[i], 1e-6f);
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("stack")]
    public void Texts_of_another_width_come_into_the_images_space(string adapter)
    {
        var data = Pairs(400);
        var narrow = new Tensor(400, 9);
        for (int i = 0; i < narrow.Length; i++) narrow.Span[i] = data.Texts.Span[(i / 9 * Width) + (i % 9)];
        var swapped = new AlignmentData(data.Images, Normalized(narrow));
        var options = Small with
        {
            Adapter = new AdapterOptions { Kind = adapter },
            Epochs = 30,
            LearningRate = 1e-2,
            Objective = AlignmentObjective.CsInfoNce,
            Start = AlignmentStart.MeanShift,
            Interpolation = 1,
        };
        var result = Run(options, swapped);
        Assert.Equal((9, Width), (result.Text.Width, result.Text.OutputWidth));
        Assert.True(result.Epochs[result.BestEpoch].ValidationTextToImage > 2 * Math.Max(0.05, result.Epochs[0].ValidationTextToImage));
        Assert.Contains("use linear or stack",
            Assert.Throws<InputException>(() => Run(options with { Adapter = Small.Adapter }, swapped)).Message, StringComparison.Ordinal);
        Assert.Contains("no transport map", Assert.Throws<InputException>(() => Run(Small, swapped)).Message, StringComparison.Ordinal);
        Assert.Equal(40, new AlignmentTrainer(AlignmentOptions.For(swapped), swapped).Epochs);
    }

    [Theory]
    [InlineData("low-rank", null)]
    [InlineData("low-rank", 16)]
    [InlineData("transformer", null)]
    public void Tokens_take_part_and_come_closer(string adapter, int? chunkSize)
    {
        var data = Pairs(320) with
        {
            ImageTokens = new NoiseTokens(320, 4, 0.8f),
            TextTokens = new NoiseTokens(320, 3, -0.8f),
            UnpairedTexts = Rows(45, 10, -0.3f)
        };
        var options =
            Small with
            {
                TokenWeight = 1,
                Start = AlignmentStart.Identity,
                Adapter = new AdapterOptions { Kind = adapter, Size = 8 },
                Epochs = 8,
                ChunkSize = chunkSize
            };
        var result = Run(options, data);
        Assert.True(result.Epochs[^1].TokenCauchySchwarz < 0.8 * result.Epochs[1].TokenCauchySchwarz,
            $"{result.Epochs[1].TokenCauchySchwarz} to {result.Epochs[^1].TokenCauchySchwarz}");
        Assert.Contains("a token weight needs", Assert.Throws<InputException>(() => Run(options, data with { TextTokens = null })).Message,
            StringComparison.Ordinal);
        Assert.Contains("image tokens",
            Assert.Throws<InputException>(() => Run(options, data with { ImageTokens = new NoiseTokens(3, 1, 0) })).Message,
            StringComparison.Ordinal);
    }

    // With one text to an image all texts are the drawn ones: the composed loss is the fused one.
    [Fact]
    public void All_captions_of_one_each_train_as_pairs_do()
    {
        var options = Small with { LearnTemperature = false, Epochs = 2 };
        var (one, all) = (Run(options, Pairs(120)), Run(options with { AllCaptions = true }, Pairs(120)));
        for (int e = 0; e < one.Epochs.Count; e++) Assert.Equal(one.Epochs[e].Loss, all.Epochs[e].Loss, 1e-3f);
        foreach (var (a, b) in one.Text.Tensors.Zip(all.Text.Tensors))
            Near.Norm(a.Values.Span.ToArray().Select(v => (double)v), b.Values.Span.ToArray().Select(v => (double)v), 1e-3, a.Name);
    }

    [Fact]
    public void All_captions_of_an_image_are_positives()
    {
        var pairs = Pairs(240);
        var data = new AlignmentData(FeatureRows.Range(pairs.Images, 0, 80), pairs.Texts,
            Pairing.From([.. Enumerable.Range(0, 240).Select(t => (long)(t / 3))], 80, 240));
        var options =
            Small with
            {
                LearnTemperature = false,
                AllCaptions = true,
                Epochs = 10,
                Objective = AlignmentObjective.InfoNce,
                ValidationFraction = 0
            };
        var result = Run(options, data);
        Assert.True(result.Epochs[^1].InfoNce < result.Epochs[1].InfoNce);
        Assert.Contains("AllCaptions", Assert.Throws<InputException>(() => Run(options with { LearnTemperature = true }, data)).Message,
            StringComparison.Ordinal);
        Assert.Contains("AllCaptions",
            Assert.Throws<InputException>(() => Run(options with { Objective = AlignmentObjective.Parse("l2") }, data)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_loss_of_several_captions_is_its_definition()
    {
        int[] imageOfText = [0, 0, 1, 2, 2, 2];
        Tensor x = Rows(3, 1, 0.2f), y = Rows(7, 2, -0.2f);
        var options =
            Small with { LearnTemperature = false, AllCaptions = true, Objective = AlignmentObjective.InfoNce, Temperature = 0.1 };
        using var tape = Tape.Inference();
        float loss = new AlignmentLoss(options, Width).Features(tape, x, y, 3, 1, 0, imageOfText).InfoNce;
        double Logit(int image, int text) =>
            10 * Enumerable.Range(0, Width).Sum(d => (double)x.Span[(image * Width) + d] * y.Span[(text * Width) + d]);
        double expected = 0;
        for (int t = 0; t < 6; t++)
        {
            double toImages = Math.Log(Enumerable.Range(0, 3).Sum(i => Math.Exp(Logit(i, t)))),
                toTexts = Math.Log(Enumerable.Range(0, 6).Sum(o => Math.Exp(Logit(imageOfText[t], o))));
            expected += (toImages + toTexts - (2 * Logit(imageOfText[t], t))) / 12;
        }

        Assert.Equal(expected, loss, 1e-4);
    }

    // Two noisy views of one latent, each pushed into its own cone: a modality gap. The texts see three directions the
    // other way round, which InfoNCE can mend.
    private static AlignmentData Pairs(int rows)
    {
        var random = new RandomGenerator(77);
        var latent = Tensor.Normal(random, 1, rows, Width);
        var mirrored = latent.Clone();
        for (int i = 0; i < mirrored.Length; i++) mirrored.Span[i] *= i % Width < 3 ? -1 : 1;
        return new AlignmentData(View(latent, random, 0.8f), View(mirrored, random, -0.8f));
    }

    private static Tensor Rows(int rows, ulong seed, float push)
    {
        var random = new RandomGenerator(seed);
        return View(Tensor.Normal(random, 1, rows, Width), random, push);
    }

    private static Tensor Normalized(Tensor rows)
    {
        using var tape = Tape.Inference();
        return tape.Normalize(rows).Clone();
    }

    private static Tensor View(Tensor latent, RandomGenerator random, float push)
    {
        var view = latent.Clone();
        foreach (ref float value in view.Span) value += push + (0.5f * (float)random.NextNormal());
        return Normalized(view);
    }

    /// <summary>One to <paramref name="most"/> tokens a sample.</summary>
    private sealed class NoiseTokens(int count, int most, float push) : ITokenSource
    {
        public int Count => count;

        public int Width => AlignmentTrainerTests.Width;

        public int Length(int row) => 1 + (row % most);

        public void Read(int row, Span<float> tokens) => Rows(Length(row), (ulong)row, push).Span.CopyTo(tokens);
    }
}
