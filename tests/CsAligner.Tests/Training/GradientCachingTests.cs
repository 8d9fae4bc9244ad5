using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;
using CsAligner.Testing;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>A step in chunks is the step of the whole batch: gradients to 1e-5 of their norm, at a batch of 4,096.</summary>
public class GradientCachingTests
{
    private const int Batch = 4096;
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(512)]
    [InlineData(1500)]
    public void Adapters_get_the_gradient_of_the_whole_batch(int chunkSize)
    {
        var random = new RandomGenerator(3);
        Tensor images = Clouds.Flat(Batch + 300, 48, 1, 0.3f), texts = Clouds.Flat(Batch + 100, 48, 2, -0.3f);
        Adapter image = Moved(new MlpAdapter(new Tensor(48), 96, random), random),
            text = Moved(new LowRankAdapter(new Tensor(48), 16, random), random);
        var scale = InfoNce.LogitScale(0.07);
        scale.RequiresGrad = true;
        (string Name, Tensor Values)[] parameters = [.. image.Parameters, .. text.Parameters, ("logit_scale", scale)];
        var whole = Gradients(int.MaxValue);
        var chunked = Gradients(chunkSize);
        for (int i = 0; i < parameters.Length; i++) Near.Norm(whole[i], chunked[i], Tolerance, parameters[i].Name);

        double[][] Gradients(int chunk)
        {
            foreach (var (_, values) in parameters) values.ZeroGrad();
            using var tape = new Tape();
            Tensor x = Encode(tape, image, images, chunk), y = Encode(tape, text, texts, chunk);
            tape.Backward(new CsAlignerObjective { Bandwidth = 0.4 }.Forward(tape, x, y, scale, Batch).Loss);
            return [.. parameters.Select(p => p.Values.Grad.ToArray().Select(g => (double)g).ToArray())];
        }

        static Tensor Encode(Tape tape, Adapter adapter, Tensor rows, int chunk) =>
            tape.InChunks(rows.Rows, chunk, true, (part, start, count) => adapter.Encode(part, part.Slice(rows, 0, start, count)));
    }

    [Fact]
    public void A_step_of_alignment_is_that_of_the_whole_batch()
    {
        var options = new AlignmentOptions { Epochs = 1, BatchSize = Batch, LearnTemperature = true, ValidationFraction = 0, Warmup = 0 };
        var data = new AlignmentData(Clouds.Flat(Batch, 48, 1, 0.3f),
            Clouds.Flat(Batch, 48, 2, -0.3f))
        { UnpairedTexts = Clouds.Flat(200, 48, 3, -0.3f) };
        SameGradients((chunkSize, path) => new AlignmentTrainer(options with { ChunkSize = chunkSize }, data).Run(path));
    }

    [Fact]
    public void A_step_of_pretraining_is_that_of_the_whole_batch()
    {
        var recipe = new PretrainRecipe
        {
            Name = "noise",
            ImageSize = 16,
            PatchSize = 8,
            ProjectionWidth = 16,
            VocabularySize = 1200,
            Vision = new TowerRecipe(32, 2, 4),
            Text = new TowerRecipe(32, 2, 4),
            BatchSize = Batch,
            Steps = 1,
            WarmupSteps = 0,
        };
        var pairs = new NoisePairs(Batch + 100);
        var tokenizer = NoisePairs.Tokenizer(recipe.VocabularySize);
        SameGradients((chunkSize, path) =>
        {
            var trainer = new ClipPretrainer(recipe with { ChunkSize = chunkSize }, pairs, tokenizer);
            trainer.Advance();
            trainer.Save(path);
        });
    }

    // After one step AdamW's first moment is a tenth of the gradient.
    private static void SameGradients(Action<int?, string> saveStep)
    {
        using var folder = new TemporaryFolder();
        saveStep(null, folder["whole"]);
        saveStep(512, folder["chunked"]);
        using SafeTensorsFile expected = SafeTensorsFile.Open(folder["whole"]), actual = SafeTensorsFile.Open(folder["chunked"]);
        string[] names = [.. expected.Names.Where(n => n.EndsWith(".first", StringComparison.Ordinal))];
        Assert.Contains("logit_scale.first", names);
        Near.Norm(names.SelectMany(expected.ReadDoubles), names.SelectMany(actual.ReadDoubles), Tolerance, "all");
        Near.Norm(expected.ReadDoubles("logit_scale.first"), actual.ReadDoubles("logit_scale.first"), Tolerance, "logit_scale");
    }

    // Away from the start, where an adapter's first layer has no gradient.
    private static Adapter Moved(Adapter adapter, RandomGenerator random)
    {
        foreach (var (_, values) in adapter.Tensors)
            foreach (ref float value in values.Span) value += 0.05f * (float)random.NextNormal();
        adapter.RequireGrad(true);
        return adapter;
    }
}
