using CsAligner.Evaluation;
using CsAligner.Objectives;

namespace CsAligner.Tests.Evaluation;

/// <summary>The published reference values of 500 real CLIP pairs. The features belong to others and are not in the repository.</summary>
public class CocoTests
{
    [Theory]
    [InlineData("0.1", 129.477356)]
    [InlineData("0.5", 3.050472)]
    [InlineData("1", 0.733640)]
    [InlineData("2", 0.181745)]
    public void Divergences_of_real_features_are_the_reference_values(string bandwidth, double expected)
    {
        var (images, texts) = CocoFeatures.Read();
        var measures = Evaluator.Measure(images, texts, BandwidthRule.Parse(bandwidth));
        Near.Relative(expected, measures.CsDivergence, 1e-5);
        if (bandwidth == "1") Near.Relative(0.731233, measures.CsDivergenceOffDiagonal!.Value, 1e-5);
    }

    [Fact]
    public void Other_measures_of_real_features_are_the_reference_values()
    {
        var (images, texts) = CocoFeatures.Read();
        var measures = Evaluator.Evaluate(images, texts);
        Assert.Equal(0.851352, measures.Distributions.CentroidGap, 1e-6);
        Assert.Equal(0.3099, measures.Distributions.MeanCosinePairs!.Value, 5e-5);
        Assert.Equal(0.1616, measures.Distributions.MeanCosineOthers!.Value, 5e-5);
        Assert.Equal(0.552, measures.ImageToText.RecallAt1, 1e-9);
        Assert.Equal(0.506, measures.TextToImage.RecallAt1, 1e-9);
    }
}
