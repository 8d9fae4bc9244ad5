using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

public class AutomaticChoiceTests
{
    private static readonly AlignmentOptions Options = new() { Epochs = 3, Adapter = new AdapterOptions { Kind = "linear" }, Seed = 2 };

    [Fact]
    public void It_takes_the_least_divergence_within_a_point_of_the_best_recall()
    {
        var data = new AlignmentData(Clouds.Flat(120, 16, 1, 0.3f), Clouds.Flat(120, 16, 1, -0.3f));
        var done = new List<int>();
        var result = new AutomaticChoice(Options, data).Choose(true, true, (count, _) => done.Add(count),
            TestContext.Current.CancellationToken);
        Assert.Equal(AutomaticChoice.BandwidthFactors.Count * AutomaticChoice.Lambdas.Count, result.Cells.Count);
        Assert.Equal(Enumerable.Range(0, result.Cells.Count + 1), done);
        var chosen = result.Cells.Single(c => c.Bandwidth == result.Options.Bandwidth && c.Lambda == result.Options.Lambda);
        var near = result.Cells.Where(c => c.MeanRecallAt1 >= result.Cells.Max(o => o.MeanRecallAt1) - AutomaticChoice.RecallSlack);
        Assert.Equal(near.Min(c => c.CsDivergence), chosen.CsDivergence);

        // Folds have judged: in the end all pairs train.
        Assert.Equal(0, result.Options.ValidationFraction);
        Assert.True(result.Cells.Select(c => c.CsDivergence).Distinct().Count() > 1);
    }

    [Fact]
    public void What_is_not_asked_for_stays_and_given_validation_rows_judge()
    {
        var data = new AlignmentData(Clouds.Flat(100, 16, 1, 0.3f),
            Clouds.Flat(100, 16, 1, -0.3f))
        {
            ValidationImages = Clouds.Flat(40, 16, 7, 0.3f),
            ValidationTexts = Clouds.Flat(40, 16, 7, -0.3f)
        };
        var result = new AutomaticChoice(Options, data).Choose(false, true, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(AutomaticChoice.Lambdas.Count, result.Cells.Count);
        Assert.All(result.Cells, cell => Assert.Equal(BandwidthRule.Within(0.35), cell.Bandwidth));
        Assert.Equal(Options.ValidationFraction, result.Options.ValidationFraction);
        var expected = new AlignmentTrainer(Options with { Lambda = 0.8 }, data).Run(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Epochs[expected.BestEpoch].ValidationCsDivergence, result.Cells.Single(c => c.Lambda == 0.8).CsDivergence);
    }

    [Fact]
    public void Too_few_pairs_are_refused() =>
        Assert.Contains(
            "at least 8 pairs",
            Assert.Throws<InputException>(() =>
                new AutomaticChoice(Options, new AlignmentData(Clouds.Flat(7, 8, 1, 0), Clouds.Flat(7, 8, 2, 0))).Choose(true, true, null,
                    TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
}
