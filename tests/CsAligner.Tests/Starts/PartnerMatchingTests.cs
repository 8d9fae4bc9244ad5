using System.Text.Json;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Training;

namespace CsAligner.Tests.Starts;

/// <summary>Starts that match rows which nobody has paired.</summary>
public sealed class PartnerMatchingTests
{
    public static TheoryData<int> Cases => [0, 1];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Partners_and_maps_are_the_golden_ones(int number)
    {
        JsonElement golden = StartsGolden.Case("matching", number);
        int width = golden.GetProperty("width").GetInt32();
        Tensor x = StartsGolden.Tensor(golden, "x", width), y = StartsGolden.Tensor(golden, "y", width);
        var (ofX, ofY) = PartnerMatching.Partners(x, y);
        Same("partners_x", ofX);
        Same("partners_y", ofY);
        var still = new StartMap(null, new Tensor(width));
        var (images, texts) = PartnerMatching.Refine(
            still, still, new Rows(x), new Rows(y), moveImages: true, moveTexts: true, seed: 0);
        using var tape = Tape.Inference();
        Same("matched_x", images.Forward(tape, x));
        Same("matched_y", texts.Forward(tape, y));

        void Same(string name, Tensor actual) => Near.Norm(
            StartsGolden.Numbers(golden, name), actual.Span.ToArray().Select(v => (double)v), 5e-4, name);
    }

    // Partners lie in the same place but for noise and a gap, in an order that nobody knows.
    [Fact]
    public void Shuffled_partners_find_each_other()
    {
        const int count = 300;
        Tensor images = Clouds.Flat(count, 24, 1, 0.4f), texts = new(count, 24);
        var random = new RandomGenerator(2);
        for (int i = 0; i < texts.Length; i++)
        {
            // Some directions vary more, as in a CLIP.
            images.Span[i] = 0.4f + ((images.Span[i] - 0.4f) * (i % 24 < 8 ? 1 : 0.4f));
            texts.Span[i] = images.Span[i] - 0.3f + (0.15f * (float)random.NextNormal());
        }

        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle<int>(order);
        var data = AlignmentData.WithoutPairs(images, FeatureRows.Take(texts, order));
        double before = Recall(AlignmentStart.Barycentre), after = Recall(AlignmentStart.Matching);
        Assert.True(after > before + 0.05, $"R@1 went from {before} to {after}");
        var textsOnly = new AlignmentTrainer(Options(AlignmentStart.Matching) with { Train = TrainedSide.Text }, data);
        Assert.Null(textsOnly.Run(cancellation: TestContext.Current.CancellationToken).Image.Start);

        AlignmentOptions Options(AlignmentStart start) => new() { Start = start };

        double Recall(AlignmentStart start)
        {
            var result = new AlignmentTrainer(Options(start), data).Run(cancellation: TestContext.Current.CancellationToken);
            return Evaluator.ImageToText(result.Image.Apply(images), result.Text.Apply(texts), Pairing.Diagonal(count)).RecallAt1;
        }
    }

    private sealed class Rows(Tensor rows) : IRowSource
    {
        int IRowSource.Rows => rows.Rows;

        public int Width => rows.Width;

        public void Read(int first, Span<float> values) => rows.Span.Slice(first * Width, values.Length).CopyTo(values);
    }
}
