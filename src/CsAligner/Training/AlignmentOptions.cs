using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>Everything that decides what an alignment run computes from its data.</summary>
public sealed record AlignmentOptions
{
    // What run.json had before there was a choice of starts: true or false.
    private const string FormerStart = "mean_shift_start";

    /// <summary>The steps of a run that is not told its <see cref="Epochs"/>, where held-out rows tell the best of them.</summary>
    public const int DefaultSteps = 80;

    private const double FullSimilarityWeight = 2;

    // Without held-out rows nothing tells when training begins to learn its few pairs by heart.
    private const int PairsToAStep = 10;

    /// <summary>
    /// Options for two encoders of unlike widths. Nothing lies where it should, so that the start is a map fitted to the pairs;
    /// what that says of other rows is kept in part, for pairs are few.
    /// </summary>
    public static AlignmentOptions UnlikeWidths { get; } = new() { Start = AlignmentStart.Regression, SimilarityWeight = 1 };

    /// <summary>The defaults for data: <see cref="UnlikeWidths"/>, or else those of this type.</summary>
    /// <param name="data">What is trained on.</param>
    public static AlignmentOptions For(AlignmentData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.Images.Width == data.Texts.Width ? new() : UnlikeWidths;
    }

    /// <summary>
    /// What is minimised. The paper's is <see cref="AlignmentObjective.CsInfoNce"/>; the similarities that are kept beside it stand in for
    /// pairs where there are few or none.
    /// </summary>
    public AlignmentObjective Objective { get; init; } =
        AlignmentObjective.Of(ObjectiveTerms.CauchySchwarz, ObjectiveTerms.InfoNce, ObjectiveTerms.Similarity);

    /// <summary>Which sides train.</summary>
    public TrainedSide Train { get; init; } = TrainedSide.Both;

    /// <summary>The adapter of a side that trains.</summary>
    public AdapterOptions Adapter { get; init; } = new() { Kind = MlpAdapter.KindName };

    /// <summary>
    /// Where adapters start. From the identity the two modalities have a wide gap to cross; a mean shift takes each one's mean away, and
    /// the barycentre of fitted Gaussians brings their covariances together as well, without training and without a pair. A side that
    /// trains alone goes the whole way to the other.
    /// </summary>
    public AlignmentStart Start { get; init; } = AlignmentStart.Barycentre;

    /// <summary>The kernel's bandwidth; <c>median</c> and <c>within*F</c> are detached and renewed as the features move.</summary>
    public BandwidthRule Bandwidth { get; init; } = BandwidthRule.Within(0.35);

    /// <summary>Multiples of the bandwidth over which D_CS (and MMD) is averaged, each above 0, at most 16;
    /// none for the bandwidth alone.</summary>
    public IReadOnlyList<double> BandwidthFactors { get; init; } = [];

    /// <summary>Takes D_CS from landmarks of the batch, in time linear in its rows; null for all pairs.
    /// For batches of many thousands.</summary>
    public NystromEstimator? Estimator { get; init; }

    /// <summary>Weight of D_CS between the image tokens and the text tokens of each pair, 0 to 1000; 0 leaves tokens out.</summary>
    public double TokenWeight { get; init; }

    /// <summary>Weight of InfoNCE (or SigLIP) beside other terms, 0 to 1000.</summary>
    public double Lambda { get; init; } = 0.35;

    /// <summary>
    /// Weight of the term that keeps similarities, 0 to 1000. Null is 2 without pairs, and beside a term of pairs 2 times the share of rows
    /// that have none: pairs say better what belongs together, and where all rows have them the term is left out.
    /// </summary>
    public double? SimilarityWeight { get; init; }

    /// <summary>InfoNCE's temperature, 0.01 to 10: fixed, or the start where it is learned.</summary>
    public double Temperature { get; init; } = 0.1;

    /// <summary>Whether the temperature is learned (and clamped at 0.01).</summary>
    public bool LearnTemperature { get; init; }

    /// <summary>
    /// Passes over the pairs, 1 to 1,000,000; null for as many as make <see cref="DefaultSteps"/> steps, or one step to ten pairs where
    /// those are fewer and nothing is held out to tell the best. From a closed-form start few steps are needed, and many unlearn what data
    /// unlike the pairs needs.
    /// </summary>
    public int? Epochs { get; init; }

    /// <summary>The most pairs in a step, 2 to 1,048,576; all at once where there are fewer.</summary>
    public int BatchSize { get; init; } = 2048;

    /// <summary>
    /// The most unpaired rows of a side to a pair in a step, 0.01 to 1000; the paper has 2. Where there are fewer, each comes once an
    /// epoch all the same; where there are more, an epoch goes over the pairs as often as it takes. Infinity, the default, limits them by
    /// <see cref="BatchSize"/> alone: a few pairs are then seen beside many rows.
    /// </summary>
    public double UnpairedRatio { get; init; } = double.PositiveInfinity;

    /// <summary>
    /// Whether a step has all texts of its images, each a positive of its image, in place of one drawn anew. Of an image's texts the
    /// cross-entropies are averaged over texts, so that images with many count more. Not with terms of single pairs (l2, cosine, SigLIP),
    /// tokens, or a temperature that is learned.
    /// </summary>
    public bool AllCaptions { get; init; }

    /// <summary>
    /// The most rows that go through an adapter at once, 1 or more; null for all of a step. A step of more is the same to rounding, needs
    /// memory for so many rows only, and runs the adapters forward twice (gradient caching).
    /// </summary>
    public int? ChunkSize { get; init; }

    /// <summary>AdamW's peak learning rate, above 0 and at most 1.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>AdamW's decoupled weight decay, 0 to 10.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Share of the steps over which the learning rate rises, 0 to 1; then it falls along half a cosine.</summary>
    public double Warmup { get; init; } = 0.1;

    /// <summary>The learning rate at the end as a share of its peak, 0 to 1; 1 keeps it constant after the warm-up.</summary>
    public double FinalShare { get; init; }

    /// <summary>Gradients are clipped together to this norm, above 0.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>
    /// How far the adapters that are kept lie on the line from the start's weights to the trained ones, above 0 and at most 1 (WiSE-FT,
    /// Wortsman et al. 2022). Below 1 they keep more of the frozen encoders' retrieval on data unlike the training pairs.
    /// </summary>
    public double Interpolation { get; init; } = 0.65;

    /// <summary>
    /// Share of the pairs that is held out, 0 to 0.5; the best epoch on them is kept (<see cref="AlignmentEpoch.ValidationObjective"/>).
    /// With 0, or where it would be fewer than 64 pairs, none is held out and the last epoch is kept.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Seeds the adapters, the order, captions and the held-out pairs.</summary>
    public ulong Seed { get; init; }

    /// <summary>Checks every range, and what does not go together.</summary>
    /// <exception cref="InputException">A value is out of its range, or does not go with another; the message names properties.</exception>
    public void Validate() => Validate(option => option.Property);

    /// <summary>The same, in the names that the user knows.</summary>
    /// <param name="name">Names an option, such as by its <see cref="AlignmentOption.Flag"/>.</param>
    /// <exception cref="InputException">A value is out of its range, or does not go with another.</exception>
    public void Validate(Func<AlignmentOption, string> name)
    {
        try
        {
            foreach (var option in AlignmentOptionList.All) option.Check(this);
            CheckTogether();
        }
        catch (AlignmentOptionException e)
        {
            throw new InputException(e.MessageFor(name), e);
        }
    }

    /// <summary>Writes the options as one object, snake_case.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        foreach (var option in AlignmentOptionList.All) option.Write(writer, this);
        writer.WriteEndObject();
    }

    /// <summary>Reads what <see cref="WriteJson"/> writes, or any part of it. What does not go together is for
    /// <see cref="Validate()"/>.</summary>
    /// <param name="json">The object.</param>
    /// <param name="others">What the object leaves out, and an application's own terms and kinds of adapters;
    /// null for the defaults.</param>
    /// <exception cref="InputException">It is no object, a key is not known, or a value is not what its option takes.</exception>
    public static AlignmentOptions ReadJson(JsonElement json, AlignmentOptions? others = null)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new InputException($"options: an object was expected, got {StrictJson.Describe(json)}");
        foreach (var property in json.EnumerateObject())
            if (property.Name != FormerStart) _ = AlignmentOptionList.Get(property.Name);
        var options = others ?? new();
        if (json.TryGetProperty(FormerStart, out var shifted))
            options = options with
            {
                Start = shifted.ValueKind == JsonValueKind.False
                ? AlignmentStart.Identity
                : AlignmentStart.MeanShift
            };
        try
        {
            foreach (var option in AlignmentOptionList.All)
                if (json.TryGetProperty(option.Key, out var value)) options = option.Read(options, value);
        }
        catch (AlignmentOptionException e)
        {
            throw new InputException(e.MessageFor(option => $"\"{option.Key}\""), e);
        }

        return options;
    }

    /// <summary>The options with a weight for the term that keeps similarities.</summary>
    /// <param name="pairs">Pairs that are trained on.</param>
    /// <param name="unpaired">Rows without a partner, of both sides.</param>
    internal AlignmentOptions WithSimilarityWeight(int pairs, int unpaired)
    {
        if (SimilarityWeight != null || !Objective.Terms.Contains(ObjectiveTerms.Similarity)) return this;
        double share = Objective.Terms.Any(term => term.NeedsPairs) ? unpaired / ((2.0 * pairs) + unpaired) : 1;
        return share > 0
            ? this with { SimilarityWeight = FullSimilarityWeight * share }
            : this with { Objective = AlignmentObjective.Of([.. Objective.Terms.Where(term => term != ObjectiveTerms.Similarity)]) };
    }

    /// <summary>The passes to make where <see cref="Epochs"/> leaves them open.</summary>
    /// <param name="pairs">Pairs that are trained on.</param>
    /// <param name="steps">Steps of an epoch.</param>
    /// <param name="judged">Whether rows are held out to tell the best epoch.</param>
    internal int EpochsFor(int pairs, int steps, bool judged)
    {
        int wanted = judged ? DefaultSteps : Math.Min(DefaultSteps, (pairs + PairsToAStep - 1) / PairsToAStep);
        return Epochs ?? (wanted + steps - 1) / steps;
    }

    private void CheckTogether()
    {
        if (BandwidthFactors.Count > 0 && Estimator != null)
            throw Refused($"{Option("bandwidth_factors")}: the nystrom estimator takes one bandwidth; leave one of both out");
        var all = Option("all_captions");
        if (AllCaptions && Objective.Terms.Any(term => !term.SupportsAllCaptions))
        {
            string[] others = [.. ObjectiveTerms.All.Where(term => term.SupportsAllCaptions).Select(term => term.Name)];
            string known = $"{string.Join(", ", others[..^1])} and {others[^1]}";
            throw Refused($"{all}: the terms of {Objective} take pairs one by one; use {known}, or one caption a step");
        }

        if (AllCaptions && LearnTemperature)
            throw Refused($"{all}: the temperature is fixed there; leave {Option("learn_temperature")} out");
        if (AllCaptions && TokenWeight > 0)
            throw Refused($"{all}: tokens are compared pair by pair; use one caption a step with {Option("token_weight")}");

        static AlignmentOption Option(string key) => AlignmentOptionList.Get(key);
        static AlignmentOptionException Refused(FormattableString message) => new(message);
    }
}
