using CsAligner.Generation.Decoders;
using CsAligner.Generation.Training;
using CsAligner.Tensors;
using CsAligner.Testing;
using CsAligner.Tests;

namespace CsAligner.Generation.Tests.Training;

/// <summary>Training on a toy world of coloured squares.</summary>
[Collection("process settings")]
public sealed class DecoderTrainerTests : IDisposable
{
    private static readonly DecoderRecipe Recipe = new()
    {
        Kind = DecoderRecipe.KindName,
        Name = "squares",
        Seed = 4,
        ImageSize = ColouredSquares.Side,
        PatchSize = 2,
        Width = 24,
        Layers = 2,
        Heads = 2,
        BatchSize = 6,
        Samples = 120,
        WarmupSamples = 30,
        LearningRate = 2e-3,
        EmaDecays = [0.9, 0.99],
        ColouredRepeats = 2,
        PreviewSamples = 48,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly int _threads = Compute.Threads;

    public void Dispose()
    {
        Compute.Threads = _threads;
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_trained_decoder_draws_what_its_condition_says()
    {
        var squares = new ColouredSquares(16);
        var trainer = new DecoderTrainer(
            Recipe with { BatchSize = 32, Samples = 32 * 700, WarmupSamples = 320, LearningRate = 4e-3, EmaDecays = [0.98] },
            squares);
        while (trainer.Step < 700) trainer.Advance();
        var made = new List<byte[]>();
        new PictureGenerator(trainer.Averaged(), new GenerationOptions { Steps = 10, Guidance = 1.5 }).Run(
            squares.Conditions, (_, rgb) => made.Add(rgb), cancellation: TestContext.Current.CancellationToken);
        int right = 0;
        for (int i = 0; i < made.Count; i++)
        {
            double[] errors = [.. Enumerable.Range(0, 16).Select(other => Error(squares, other, made[i]))];
            if (Array.IndexOf(errors, errors.Min()) == i) right++;
        }

        Assert.True(right >= 15, $"{right} of 16 pictures are nearest to the one that they were made from.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_resumed_run_ends_with_the_same_bits(int cut)
    {
        var squares = new ColouredSquares(16);
        var whole = new DecoderTrainer(Recipe, squares);
        while (whole.Step < 12) whole.Advance();

        string checkpoint = Path.Combine(_folder, "checkpoint.safetensors");
        var first = new DecoderTrainer(Recipe, squares);
        while (first.Step < cut) first.Advance();
        first.Save(checkpoint);
        var second = new DecoderTrainer(Recipe, squares);
        second.Restore(checkpoint);
        while (second.Step < 12) second.Advance();
        SameBits(whole, second);
        Assert.Equal(whole.MeanLoss, second.MeanLoss);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        var squares = new ColouredSquares(16);
        Compute.Threads = 1;
        var one = new DecoderTrainer(Recipe, squares);
        while (one.Step < 5) one.Advance();
        foreach (int threads in new[] { 2, 3 })
        {
            Compute.Threads = threads;
            var more = new DecoderTrainer(Recipe, squares);
            while (more.Step < 5) more.Advance();
            SameBits(one, more);
        }
    }

    [Fact]
    public void Averages_follow_the_weights_each_at_its_pace()
    {
        // With decays d from the fourth step on, and (1 + s) / (10 + s) before, while that is less.
        var trainer = new DecoderTrainer(Recipe with { EmaDecays = [0.4, 0.3] }, new ColouredSquares(16));
        double[] expected = [.. Values(trainer.Decoder)];
        for (int step = 1; step <= 6; step++)
        {
            trainer.Advance();
            double decay = Math.Min(0.4, (1.0 + step) / (10.0 + step));
            expected = [.. expected.Zip(Values(trainer.Decoder), (average, value) => (decay * average) + ((1 - decay) * value))];
        }

        Near.Norm(expected, Values(trainer.Averaged()), 1e-6);
        Assert.NotEqual(Values(trainer.Averaged(0)), Values(trainer.Averaged(1)));

        static IEnumerable<double> Values(DiffusionDecoder decoder)
            => decoder.NamedTensors.SelectMany(w => w.Values.Span.ToArray()).Select(v => (double)v);
    }

    [Fact]
    public void The_learning_rate_rises_stays_and_falls()
    {
        var recipe = Recipe with { BatchSize = 10, Samples = 1000, WarmupSamples = 100, DecaySamples = 200, LearningRate = 1 };
        Assert.Equal(0.1, recipe.LearningRateAt(0), 1e-12);
        Assert.Equal(1, recipe.LearningRateAt(9), 1e-12);
        Assert.Equal(1, recipe.LearningRateAt(80), 1e-12);
        Assert.Equal(0.5, recipe.LearningRateAt(90), 1e-12);
        Assert.Equal(0.05, recipe.LearningRateAt(99), 1e-12);
    }

    [Fact]
    public void A_run_that_diverges_names_the_step_and_keeps_its_last_checkpoint()
    {
        var squares = new ColouredSquares(16);
        var run = new DecoderRun(Recipe, squares, squares, squares, _folder, resume: false) { CheckpointInterval = TimeSpan.Zero };
        string message = Assert.Throws<InputException>(() => run.Train(
            step =>
            {
                if (step.Step == 3) squares.Conditions.Span.Fill(float.NaN);
            },
            cancellation: TestContext.Current.CancellationToken)).Message;
        Assert.StartsWith("Training diverged at step 4: the loss is NaN", message);
        var kept = new DecoderTrainer(Recipe, squares);
        kept.Restore(Path.Combine(_folder, DecoderRun.CheckpointFile));
        Assert.Equal(3, kept.Step);
        Assert.All(kept.Decoder.NamedTensors, weights => Assert.All(weights.Values.Span.ToArray(), v => Assert.True(float.IsFinite(v))));
    }

    [Fact]
    public void A_checkpoint_of_another_recipe_is_refused_and_one_of_another_length_is_not()
    {
        var squares = new ColouredSquares(16);
        string checkpoint = Path.Combine(_folder, "checkpoint.safetensors");
        var trainer = new DecoderTrainer(Recipe, squares);
        trainer.Advance();
        trainer.Save(checkpoint);
        new DecoderTrainer(Recipe with { Samples = 5000 }, squares).Restore(checkpoint);
        Assert.Contains(
            "other options",
            Assert.Throws<InputException>(() => new DecoderTrainer(Recipe with { Seed = 5 }, squares).Restore(checkpoint)).Message);
    }

    [Fact]
    public void A_run_can_begin_with_the_weights_of_another()
    {
        var squares = new ColouredSquares(16);
        var first = new DecoderTrainer(Recipe, squares);
        first.Advance();
        first.Decoder.Save(_folder);
        var second = new DecoderTrainer(Recipe, squares, DiffusionDecoder.Load(_folder));
        foreach (var (expected, actual) in first.Decoder.NamedTensors.Zip(second.Decoder.NamedTensors))
            Assert.True(expected.Values.Span.SequenceEqual(actual.Values.Span));
        string message = Assert.Throws<InputException>(
            () => new DecoderTrainer(Recipe with { Layers = 3 }, squares, DiffusionDecoder.Load(_folder))).Message;
        Assert.Contains("another shape", message);
    }

    [Fact]
    public void A_stopped_run_that_is_resumed_leaves_the_same_files()
    {
        string whole = Path.Combine(_folder, "whole"), cut = Path.Combine(_folder, "cut");
        ColouredSquares training = new(16), validation = new(5, 3);
        new DecoderRun(Recipe, training, validation, training, whole, resume: false)
            .Train(cancellation: TestContext.Current.CancellationToken);
        foreach (long stop in new long[] { 18, 48, 114 })
        {
            using var stopping = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => new DecoderRun(Recipe, training, validation, training, cut, resume: true).Train(
                step =>
                {
                    if (step.Samples == stop) stopping.Cancel();
                },
                cancellation: stopping.Token));
        }

        new DecoderRun(Recipe, training, validation, training, cut, resume: true)
            .Train(cancellation: TestContext.Current.CancellationToken);
        string[] files = [.. Directory.EnumerateFiles(whole).Select(f => Path.GetFileName(f)!).Order()];
        Assert.Equal(
            [
                "checkpoint.safetensors", "config.json", "model.safetensors", "progress.jsonl",
                "sheet-00000048.png", "sheet-00000096.png", "sheet-00000120.png"
            ],
            files);
        Assert.Equal(files, Directory.EnumerateFiles(cut).Select(f => Path.GetFileName(f)!).Order());
        foreach (string file in files)
            Assert.True(File.ReadAllBytes(Path.Combine(whole, file)).SequenceEqual(File.ReadAllBytes(Path.Combine(cut, file))), file);
    }

    [Fact]
    public void A_full_disk_stops_the_run_and_leaves_its_last_checkpoint()
    {
        string disk = Directory.CreateDirectory(Path.Combine(_folder, "disk")).FullName;
        using var mounted = SmallDisk.TryMount(disk);
        Assert.SkipWhen(mounted is null, "mounting a tmpfs is not permitted here");
        var squares = new ColouredSquares(16);
        var recipe = Recipe with { EmaDecays = [0.9], PreviewSamples = 1000 };
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => new DecoderRun(recipe, squares, squares, squares, disk, resume: false).Train(cancellation: stop.Token));

        // Room for the checkpoint that is there, and not for another beside it.
        string checkpoint = Path.Combine(disk, DecoderRun.CheckpointFile);
        long length = new FileInfo(checkpoint).Length, room = (1 << 20) - length;
        Assert.True(length > room / 2, $"The checkpoint has {length} bytes: the disk is too large for this test.");
        File.WriteAllBytes(Path.Combine(disk, "other"), new byte[room - (length / 2)]);
        var run = new DecoderRun(recipe, squares, squares, squares, disk, resume: true) { CheckpointInterval = TimeSpan.Zero };
        string message = Assert.Throws<InputException>(() => run.Train(cancellation: TestContext.Current.CancellationToken)).Message;
        Assert.Contains(disk, message);
        new DecoderTrainer(recipe, squares).Restore(checkpoint);
        Assert.Equal(
            ["checkpoint.safetensors", "other", "progress.jsonl"],
            Directory.EnumerateFiles(disk).Select(f => Path.GetFileName(f)!).Order());
    }

    [Fact]
    public void A_folder_with_a_run_is_not_begun_anew()
    {
        var squares = new ColouredSquares(16);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => new DecoderRun(Recipe, squares, squares, squares, _folder, resume: false).Train(cancellation: stop.Token));
        Assert.Contains(
            "already holds the training of a decoder",
            Assert.Throws<InputException>(() => new DecoderRun(Recipe, squares, squares, squares, _folder, resume: false)).Message);
    }

    [Fact]
    public void Coloured_pictures_are_shown_more_often_and_each_once_an_epoch()
    {
        var order = new PictureOrder(new ColouredSquares(8), 3, 1);
        Assert.Equal(2 + (6 * 3), order.PerEpoch);
        foreach (int epoch in new[] { 0, 1 })
        {
            int[] shown = [.. Enumerable.Range(epoch * 20, 20).Select(i => order.At(i))];
            Assert.Equal([1, 3, 3, 3, 1, 3, 3, 3], Enumerable.Range(0, 8).Select(i => shown.Count(s => s == i)));
        }

        Assert.NotEqual(Enumerable.Range(0, 20).Select(i => order.At(i)), Enumerable.Range(20, 20).Select(i => order.At(i)));
    }

    private static double Error(ColouredSquares squares, int index, byte[] made)
    {
        var rgb = new byte[made.Length];
        squares.ReadImage(index, rgb);
        return rgb.Zip(made, (a, b) => Math.Pow(a - b, 2)).Sum();
    }

    private static void SameBits(DecoderTrainer expected, DecoderTrainer actual)
    {
        foreach (var (a, b) in expected.Decoder.NamedTensors.Zip(actual.Decoder.NamedTensors))
            Assert.True(a.Values.Span.SequenceEqual(b.Values.Span), a.Name);
        for (int i = 0; i < 2; i++)
        {
            foreach (var (a, b) in expected.Averaged(i).NamedTensors.Zip(actual.Averaged(i).NamedTensors))
                Assert.True(a.Values.Span.SequenceEqual(b.Values.Span), a.Name);
        }
    }
}
