using CsAligner.Tensors;
using CsAligner.Tokenizers;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>Pretraining on a toy world: patterns in a colour, and their names.</summary>
public sealed class ClipPretrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_loss_falls_far_below_chance()
    {
        var trainer = Trainer(Recipe with { Steps = 120 });
        double first = trainer.Advance().Loss, last = first;
        while (trainer.Step < 120) last = trainer.Advance().Loss;
        Assert.True(last < 0.4 * Math.Log(8), $"Loss {first} at first, {last} at last; chance is {Math.Log(8)}.");
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(5, null)]
    [InlineData(5, 3)]
    public void A_resumed_run_ends_with_the_same_bits(int cut, int? chunkSize)
    {
        var recipe = Recipe with { ChunkSize = chunkSize };
        var whole = Trainer(recipe);
        while (whole.Step < 9) whole.Advance();

        string checkpoint = Path.Combine(_folder, "checkpoint.safetensors");
        var first = Trainer(recipe);
        while (first.Step < cut) first.Advance();
        first.Save(checkpoint);
        var second = Trainer(recipe);
        second.Restore(checkpoint);
        while (second.Step < 9) second.Advance();

        foreach (var (expected, actual) in whole.Model.NamedTensors.Zip(second.Model.NamedTensors))
            Assert.True(expected.Values.Span.SequenceEqual(actual.Values.Span), expected.Name);
    }

    [Fact]
    public void A_stopped_run_that_is_resumed_leaves_the_same_files()
    {
        string whole = Path.Combine(_folder, "whole"), cut = Path.Combine(_folder, "cut");
        var recipe = Recipe with { Steps = 45 };
        var pairs = new Patterns(64, captions: 16);
        new PretrainRun(recipe, pairs, whole, resume: false).Train(cancellation: TestContext.Current.CancellationToken);
        foreach (int stop in new[] { 7, 31 })
        {
            using var stopping = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => new PretrainRun(recipe, pairs, cut, resume: true).Train(
                step =>
                {
                    if (step.Step == stop) stopping.Cancel();
                },
                stopping.Token));
        }

        new PretrainRun(recipe, pairs, cut, resume: true).Train(cancellation: TestContext.Current.CancellationToken);
        foreach (string file in Directory.GetFiles(whole).Select(Path.GetFileName).OfType<string>())
            Assert.True(File.ReadAllBytes(Path.Combine(whole, file)).SequenceEqual(File.ReadAllBytes(Path.Combine(cut, file))), file);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        int threads = Compute.Threads;
        try
        {
            var results = new List<float[]>();
            foreach (int count in new[] { 1, 2, 3 })
            {
                Compute.Threads = count;
                var trainer = Trainer(Recipe);
                while (trainer.Step < 4) trainer.Advance();
                results.Add([.. trainer.Model.NamedTensors.SelectMany(t => t.Values.Span.ToArray())]);
            }

            Assert.Equal(results[0], results[1]);
            Assert.Equal(results[0], results[2]);
        }
        finally
        {
            Compute.Threads = threads;
        }
    }

    [Fact]
    public void A_checkpoint_of_another_recipe_is_refused()
    {
        string checkpoint = Path.Combine(_folder, "checkpoint.safetensors");
        Trainer(Recipe).Save(checkpoint);
        var error = Assert.Throws<InputException>(() => Trainer(Recipe with { LearningRate = 1e-4 }).Restore(checkpoint));
        Assert.Contains("other options", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_with_a_weight_that_is_not_finite_is_refused()
    {
        string checkpoint = Path.Combine(_folder, "checkpoint.safetensors");
        Trainer(Recipe).Save(checkpoint);
        Models.Lora.PeftLoraTests.Rewrite(checkpoint, "logit_scale", float.NaN);
        Assert.Contains("tensor 'logit_scale' holds NaN", Assert.Throws<InputException>(() => Trainer(Recipe).Restore(checkpoint)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_epoch_shows_every_pair_once_and_no_caption_twice_in_a_batch()
    {
        var pairs = new Patterns(240, captions: 24);
        var batches = new CaptionBatches(pairs, 12, seed: 3);
        var epoch = batches.Epoch(0);
        Assert.Equal(20, epoch.Count);
        Assert.Equal(Enumerable.Range(0, 240), epoch.SelectMany(b => b).Order());
        int repeats = epoch.Count(b => b.Select(i => pairs.Captions(i)[0]).Distinct().Count() < b.Length);
        Assert.True(repeats <= 4, $"{repeats} of 20 batches hold a caption twice.");
        Assert.NotEqual(epoch[0], batches.Epoch(1)[0]);
        Assert.Equal(batches.Epoch(1)[0], batches.Epoch(1)[0]);
    }

    [Fact]
    public void An_epoch_shows_coloured_images_as_often_as_the_recipe_says()
    {
        var pairs = new Patterns(240, captions: 240);
        int[] shown = [.. new CaptionBatches(pairs, 12, seed: 3, colouredRepeats: 3).Epoch(0).SelectMany(b => b)];
        Assert.All(Enumerable.Range(0, 240), i => Assert.Equal(pairs.IsColoured(i) ? 3 : 1, shown.Count(s => s == i)));
    }

    [Fact]
    public void A_recipe_may_have_marks_comments_and_numbers_of_any_form()
    {
        string path = Path.Combine(_folder, "recipe.json");
        string json = "{\"name\": \"x\", /* short */ \"steps\": 3e2, \"seed\": 5.0, \"chunk_size\": 4.0, \"vision\": {\"width\": 8.0, "
            + "\"layers\": 1, \"heads\": 2}, \"text\": {\"width\": 8, \"layers\": 1, \"heads\": 2,},}";
        foreach (var encoding in (System.Text.Encoding[])[System.Text.Encoding.UTF8, System.Text.Encoding.Unicode])
        {
            File.WriteAllText(path, json, encoding);
            var recipe = PretrainRecipe.Read(path);
            Assert.Equal((300, 5UL, 4, 8), (recipe.Steps, recipe.Seed, recipe.ChunkSize, recipe.Vision.Width));
        }

        foreach (string wrong in (string[])["3.5", "1e20", "NaN", "\"3\""])
        {
            File.WriteAllText(path, json.Replace("3e2", wrong, StringComparison.Ordinal));
            Assert.Contains(path, Assert.Throws<InputException>(() => PretrainRecipe.Read(path)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{\"name\": \"x\", \"steps\": 3, \"vision\": {\"width\": 8, \"layers\": 1, \"heads\": 2}, \"text\": {\"width\": 8, "
        + "\"layers\": 1, \"heads\": 2}, \"learning_rat\": 1}", "learning_rat")]
    [InlineData("{\"name\": \"x\", \"vision\": {\"width\": 8, \"layers\": 1, \"heads\": 2}, \"text\": {\"width\": 8, \"layers\": 1, "
        + "\"heads\": 2}}", "steps")]
    [InlineData("{\"name\": \"x\", \"steps\": 3, \"vision\": {\"width\": 8, \"layers\": 1, \"heads\": 3}, \"text\": {\"width\": 8, "
        + "\"layers\": 1, \"heads\": 2}}", "vision")]
    [InlineData("{\"name\": \"x\", \"steps\": 0, \"vision\": {\"width\": 8, \"layers\": 1, \"heads\": 2}, \"text\": {\"width\": 8, "
        + "\"layers\": 1, \"heads\": 2}}", "steps")]
    [InlineData("{\"name\": \"x\", \"steps\": 3, \"chunk_size\": 0, \"vision\": {\"width\": 8, \"layers\": 1, \"heads\": 2}, \"text\": "
        + "{\"width\": 8, \"layers\": 1, \"heads\": 2}}", "chunk_size")]
    [InlineData("{\"name\": \"x\", \"steps\": 3, \"vision\": null, \"text\": {\"width\": 8, \"layers\": 1, \"heads\": 2}}", "vision")]
    [InlineData("[", "")]
    public void A_wrong_recipe_is_named(string json, string expected)
    {
        string path = Path.Combine(_folder, "recipe.json");
        File.WriteAllText(path, json);
        var error = Assert.Throws<InputException>(() => PretrainRecipe.Read(path));
        Assert.Contains("recipe.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static PretrainRecipe Recipe => new()
    {
        Name = "patterns",
        Seed = 5,
        ImageSize = 16,
        PatchSize = 8,
        ProjectionWidth = 16,
        VocabularySize = 600,
        Vision = new TowerRecipe(32, 2, 4),
        Text = new TowerRecipe(32, 1, 4),
        BatchSize = 8,
        Steps = 9,
        WarmupSteps = 2,
        LearningRate = 3e-3,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Ranks_give_the_weights_of_one_process(int size)
    {
        double[] Weights(Ranks.ThreadRanks? ranks)
        {
            var trainer = Trainer(Recipe, ranks);
            for (int step = 0; step < 3; step++) trainer.Advance();
            return [.. trainer.Model.NamedTensors.SelectMany(t => t.Values.Span.ToArray()).Select(v => (double)v)];
        }

        double[] alone = Weights(null);
        var shared = Ranks.ThreadRanks.Run(size, Weights);
        Assert.All(shared, weights => Assert.Equal(shared[0], weights));
        Near.Norm(alone, shared[0], 1e-3);
    }

    private static ClipPretrainer Trainer(PretrainRecipe recipe, Ranks.ThreadRanks? ranks = null)
    {
        var pairs = new Patterns(64, captions: 16);
        var counts = Enumerable.Range(0, 16).Select(i => KeyValuePair.Create(pairs.Captions(i)[0], 2L));
        return new ClipPretrainer(recipe, pairs, new ClipTokenizer(BpeTrainer.Train(counts, recipe.VocabularySize)), ranks);
    }

    /// <summary>Image i: a pattern in a colour, which its caption names.</summary>
    private sealed class Patterns(int count, int captions) : IImageTextPairs
    {
        private static readonly string[] Colours = ["red", "green", "blue", "black"];
        private static readonly string[] Shapes = ["area", "rows", "columns", "checks"];

        public int Count => count;

        public IReadOnlyList<string> Captions(int index) => captions == 16
            ? [$"{Colours[index % 4]} {Shapes[index / 4 % 4]}", $"{Shapes[index / 4 % 4]} in {Colours[index % 4]}"]
            : [$"caption {index % captions}"];

        public bool IsColoured(int index) => index % 4 < 3;

        public void ReadImage(int index, Span<byte> rgb)
        {
            rgb.Fill(255);
            for (int i = 0; i < 256; i++)
            {
                int row = i / 16 / 2, column = i % 16 / 2;
                bool ink = (index / 4 % 4) switch { 0 => true, 1 => row % 2 == 0, 2 => column % 2 == 0, _ => (row + column) % 2 == 0 };
                if (!ink) continue;
                var pixel = rgb.Slice(i * 3, 3);
                pixel.Clear();
                if (index % 4 < 3) pixel[index % 4] = 255;
            }
        }
    }
}
