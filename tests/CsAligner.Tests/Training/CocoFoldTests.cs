using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tests.Evaluation;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>Alignment out of the box on 500 real CLIP pairs: five contiguous folds of 100, trained on the other 400.</summary>
public class CocoFoldTests(ITestOutputHelper output)
{
    [Fact]
    public void Default_options_close_the_gap_of_unseen_pairs_and_keep_recall()
    {
        var aligned = Folds(new AlignmentOptions());
        Assert.InRange(aligned.Divergence, -0.05, 0.02);
        Assert.InRange(aligned.Recall, 0.74, 1);
    }

    [Fact]
    public void Mean_shift_is_the_reference_baseline()
    {
        var shifted = Folds(new AlignmentOptions { Objective = AlignmentObjective.MeanShift });
        Assert.Equal(0.305, shifted.Divergence, 0.01);
        Assert.Equal(0.736, shifted.Recall, 0.005);
    }

    private (double Divergence, double Recall) Folds(AlignmentOptions options)
    {
        var (images, texts) = CocoFeatures.Read();
        double divergence = 0, recall = 0;
        for (int fold = 0; fold < 5; fold++)
        {
            int start = fold * 100;
            int[] rest = [.. Enumerable.Range(0, images.Rows).Where(i => i < start || i >= start + 100)];
            var data = new AlignmentData(FeatureRows.Take(images, rest), FeatureRows.Take(texts, rest));
            var result = new AlignmentTrainer(options, data).Run(cancellation: TestContext.Current.CancellationToken);
            Tensor x = result.Image.Apply(FeatureRows.Range(images, start, start + 100)),
                y = result.Text.Apply(FeatureRows.Range(texts, start, start + 100));
            var measures = Evaluator.Evaluate(x, y);
            output.WriteLine(
                $"fold {fold}: D_CS {measures.Distributions.CsDivergenceOffDiagonal:F4}, R@1 {measures.ImageToText.RecallAt1:F3} / "
                    + $"{measures.TextToImage.RecallAt1:F3}, epoch {result.BestEpoch}, {result.Seconds:F1} s");
            divergence += measures.Distributions.CsDivergenceOffDiagonal!.Value / 5;
            recall += measures.MeanRecallAt1 / 5;
        }

        output.WriteLine($"mean: D_CS {divergence:F4}, R@1 {recall:F4}");
        return (divergence, recall);
    }
}
