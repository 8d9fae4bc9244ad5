using CsAligner.Generation.Training;
using CsAligner.Tensors.Memory;

namespace CsAligner.Generation.Tests.Training;

/// <summary>A step in its steady state takes no buffer from outside the pool and leaves few small objects.</summary>
[Collection("process settings")]
public sealed class DecoderStepTests
{
    private const int WarmUp = 6, Measured = 9;
    private const long MostBytes = 64 << 10;

    [Fact]
    public void A_step_of_training_leaves_little_behind()
    {
        // What earlier tests have left would hide a leak.
        BufferPool.Shared.Trim();
        var recipe = new DecoderRecipe
        {
            Kind = DecoderRecipe.KindName,
            Name = "squares",
            ImageSize = ColouredSquares.Side,
            PatchSize = 2,
            Width = 24,
            Layers = 4,
            Heads = 2,
            Samples = 10_000,
            EmaDecays = [0.9, 0.99],
        };
        var trainer = new DecoderTrainer(recipe, new ColouredSquares(16));
        var steps = new List<(long Bytes, long Buffers)>(WarmUp + Measured);
        while (steps.Count < WarmUp + Measured)
        {
            trainer.Advance();
            steps.Add((GC.GetTotalAllocatedBytes(precise: true), BufferPool.Shared.Allocations));
        }

        for (int i = WarmUp; i < steps.Count; i++)
        {
            Assert.True(
                steps[i].Buffers == steps[i - 1].Buffers,
                $"Step {i + 1} took {steps[i].Buffers - steps[i - 1].Buffers} buffers that were not in the pool.");
            Assert.InRange(steps[i].Bytes - steps[i - 1].Bytes, 0, MostBytes);
        }
    }
}
