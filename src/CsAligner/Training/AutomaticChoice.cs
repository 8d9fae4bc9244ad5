using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Ranks;
using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>
/// Chooses sigma and lambda on pairs that are not trained on: of a grid, the lowest off-diagonal D_CS (at within*0.35, so that sigmas
/// compare) among the settings whose mean R@1 is within a point of the best one's. Few pairs are cut into four folds, each held
/// out once, and all of them train in the end; of many, or where validation rows are given, those judge.
/// </summary>
public sealed class AutomaticChoice
{
    /// <summary>How far below the best mean R@1 a setting may lie.</summary>
    public const double RecallSlack = 0.01;

    // More pairs than this leave enough to hold out for good.
    private const int MostFoldedPairs = 4000;
    private const int Folds = 4;

    private readonly AlignmentOptions _options;
    private readonly AlignmentData _data;
    private readonly ICommunicator? _ranks;

    /// <param name="options">All other options, and the value that is not chosen.</param>
    /// <param name="data">The training data.</param>
    public AutomaticChoice(AlignmentOptions options, AlignmentData data)
        : this(options, data, null)
    {
    }

    /// <param name="options">All other options, and the value that is not chosen.</param>
    /// <param name="data">The training data.</param>
    /// <param name="ranks">The ranks that share the trainings; null for this process alone.</param>
    public AutomaticChoice(AlignmentOptions options, AlignmentData data, ICommunicator? ranks)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        (_options, _data, _ranks) = (options, data, ranks);
    }

    /// <summary>The factors F of within*F that are tried.</summary>
    public static IReadOnlyList<double> BandwidthFactors { get; } = [0.25, 0.4, 0.6];

    /// <summary>The weights of InfoNCE that are tried.</summary>
    public static IReadOnlyList<double> Lambdas { get; } = [0.15, 0.35, 0.8, 2];

    /// <summary>Trains with every setting and returns the options with the chosen one.</summary>
    /// <param name="bandwidth">Whether sigma is chosen.</param>
    /// <param name="lambda">Whether lambda is chosen.</param>
    /// <param name="progress">Told how many trainings of how many are done.</param>
    /// <param name="cancellation">Checked before every step.</param>
    /// <exception cref="InputException">There are fewer than eight pairs to choose by.</exception>
    public AutomaticChoiceResult Choose(bool bandwidth, bool lambda, Action<int, int>? progress = null,
        CancellationToken cancellation = default)
    {
        var candidates = new List<AlignmentOptions>();
        foreach (var rule in bandwidth ? BandwidthFactors.Select(BandwidthRule.Within) : [_options.Bandwidth])
            foreach (double weight in lambda ? Lambdas : [_options.Lambda])
                candidates.Add(_options with { Bandwidth = rule, Lambda = weight });
        bool folded = _data.ValidationImages == null && _data.Images.Rows <= MostFoldedPairs && _data.ImageEncoder == null
            && _data.TextEncoder == null;
        if (folded && _data.Images.Rows < 2 * Folds)
            throw new InputException(
                $"the automatic choice needs at least {2 * Folds} pairs, got {_data.Images.Rows}; set bandwidth and lambda yourself");
        var cells = new List<AutomaticChoiceCell>();
        foreach (var candidate in candidates)
        {
            progress?.Invoke(cells.Count, candidates.Count);
            var (divergence, recall) = folded ? OverFolds(candidate, cancellation) : OnValidation(candidate, cancellation);
            cells.Add(new AutomaticChoiceCell(candidate.Bandwidth, candidate.Lambda, divergence, recall));
        }

        progress?.Invoke(cells.Count, candidates.Count);
        double best = cells.Max(cell => cell.MeanRecallAt1);
        var chosen = cells.Where(cell => cell.MeanRecallAt1 >= best - RecallSlack).MinBy(cell => cell.CsDivergence)!;
        var options = _options with { Bandwidth = chosen.Bandwidth, Lambda = chosen.Lambda };
        return new AutomaticChoiceResult(folded ? options with { ValidationFraction = 0 } : options, cells);
    }

    private (double Divergence, double Recall) OnValidation(AlignmentOptions options, CancellationToken cancellation)
    {
        if (_data.ImageEncoder != null || _data.TextEncoder != null)
            throw new InputException(
                "bandwidth and lambda cannot be chosen automatically while an encoder trains: choose them on the frozen features first");
        var result = new AlignmentTrainer(options, _data, _ranks, RowExchange.Gather).Run(cancellation: cancellation);
        var epoch = result.Epochs[result.BestEpoch];
        if (!float.IsFinite(epoch.ValidationCsDivergence))
            throw new InputException("the automatic choice needs held-out pairs; hold out a share of the pairs");
        return (epoch.ValidationCsDivergence, 0.5 * (epoch.ValidationImageToText + epoch.ValidationTextToImage));
    }

    private (double Divergence, double Recall) OverFolds(AlignmentOptions options, CancellationToken cancellation)
    {
        int[][] texts = _data.Pairing.TextsOfImage();
        int[] images = [.. Enumerable.Range(0, texts.Length).Where(i => texts[i].Length > 0)];
        new RandomGenerator(options.Seed).Split(2000).Shuffle<int>(images);
        double divergence = 0, recall = 0;
        for (int fold = 0; fold < Folds; fold++)
        {
            int[] held = images[(images.Length * fold / Folds)..(images.Length * (fold + 1) / Folds)];
            var rest = images.Except(held).Order().SelectMany(i => texts[i].Select(t => (Image: i, Text: t))).ToArray();
            int[] numbers = [.. rest.Select(pair => pair.Image).Distinct()];
            var numberOf = numbers.Select((image, number) => (image, number)).ToDictionary(p => p.image, p => (long)p.number);
            var data = new AlignmentData(
                FeatureRows.Take(_data.Images, numbers),
                FeatureRows.Take(_data.Texts, [.. rest.Select(pair => pair.Text)]),
                Pairing.From([.. rest.Select(pair => numberOf[pair.Image])], numbers.Length, rest.Length))
            {
                UnpairedImages = _data.UnpairedImages,
                UnpairedTexts = _data.UnpairedTexts,
                ImageTokens = _data.ImageTokens is { } i ? new TokenRows(i, numbers) : null,
                TextTokens = _data.TextTokens is { } t ? new TokenRows(t, [.. rest.Select(pair => pair.Text)]) : null,
            };
            var result = new AlignmentTrainer(options with { ValidationFraction = 0 }, data, _ranks, RowExchange.Gather)
                .Run(cancellation: cancellation);
            int[] heldTexts = [.. held.Select(i => texts[i][0])];
            var measures = Evaluator.Evaluate(
                result.Image.Apply(FeatureRows.Take(_data.Images, held), _data.ImageTokens is { } a ? new TokenRows(a, held) : null),
                result.Text.Apply(FeatureRows.Take(_data.Texts, heldTexts),
                    _data.TextTokens is { } b ? new TokenRows(b, heldTexts) : null));
            divergence += measures.Distributions.CsDivergenceOffDiagonal!.Value / Folds;
            recall += measures.MeanRecallAt1 / Folds;
        }

        return (divergence, recall);
    }
}
