using CsAligner.Adapters;
using CsAligner.Tensors.Memory;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>A training step in its steady state takes no buffer from outside the pool and leaves few small objects.</summary>
[Collection("process settings")]
public class StepAllocationTests
{
    private const int WarmUp = 6, Measured = 9;
    private const long MostBytes = 96 << 10;

    // What earlier tests have left would hide a leak.
    public StepAllocationTests() => BufferPool.Shared.Trim();

    [Theory]
    [InlineData("mlp", null)]
    [InlineData("low-rank", null)]
    [InlineData("mlp", 512)]
    public void A_step_of_alignment(string adapter, int? chunkSize)
    {
        const int batch = 2048, width = 64;
        var options = new AlignmentOptions
        {
            Epochs = 1,
            BatchSize = batch,
            ChunkSize = chunkSize,
            ValidationFraction = 0,
            LearnTemperature = true,
            Adapter = new AdapterOptions { Kind = adapter },
        };
        const int rows = batch * (WarmUp + Measured);
        var data = new AlignmentData(Clouds.Flat(rows, width, 1, 0.3f),
            Clouds.Flat(rows, width, 2, -0.3f))
        { UnpairedTexts = Clouds.Flat(rows / 4, width, 3, -0.3f) };
        var steps = new List<(long Bytes, long Buffers)>(WarmUp + Measured);
        new AlignmentTrainer(options, data) { StepDone = _ => steps.Add(Now()) }.Run(cancellation: TestContext.Current.CancellationToken);
        Check(steps);
    }

    [Fact]
    public void A_step_of_pretraining()
    {
        var recipe = new PretrainRecipe
        {
            Name = "noise",
            ImageSize = 16,
            PatchSize = 4,
            ProjectionWidth = 32,
            VocabularySize = 1200,
            Vision = new TowerRecipe(32, 6, 4),
            Text = new TowerRecipe(32, 4, 4),
            BatchSize = 256,
            Steps = WarmUp + Measured,
        };
        var pairs = new NoisePairs(recipe.BatchSize * recipe.Steps);
        var trainer = new ClipPretrainer(recipe, pairs, NoisePairs.Tokenizer(recipe.VocabularySize));
        var steps = new List<(long Bytes, long Buffers)>(recipe.Steps);
        while (trainer.Step < recipe.Steps)
        {
            trainer.Advance();
            steps.Add(Now());
        }

        Check(steps);
    }

    private static (long Bytes, long Buffers) Now() => (GC.GetTotalAllocatedBytes(precise: true), BufferPool.Shared.Allocations);

    private static void Check(List<(long Bytes, long Buffers)> steps)
    {
        Assert.Equal(WarmUp + Measured, steps.Count);
        for (int i = WarmUp; i < steps.Count; i++)
        {
            Assert.True(steps[i].Buffers == steps[i - 1].Buffers,
                $"Step {i + 1} took {steps[i].Buffers - steps[i - 1].Buffers} buffers that were not in the pool.");
            Assert.InRange(steps[i].Bytes - steps[i - 1].Bytes, 0, MostBytes);
        }
    }
}
