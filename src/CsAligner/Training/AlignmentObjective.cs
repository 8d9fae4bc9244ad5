using CsAligner.Objectives.Terms;
using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>
/// What alignment minimises: a sum of terms, the library's (<see cref="ObjectiveTerms"/>) and an application's own. Divergences between the
/// two sets of rows (<c>cs</c>, <c>mmd</c>, <c>coral</c>, <c>kl</c>, <c>sinkhorn</c>) and distances of pairs (<c>l2</c>, <c>cosine</c>)
/// count once; contrastive terms (<c>infonce</c>, <c>siglip</c>) count lambda times beside another term, and once alone.
/// </summary>
public sealed record AlignmentObjective
{
    private const string RawName = "raw", MeanShiftName = "mean-shift", BarycentreName = "barycentre",
        RegressionName = "regression";

    private readonly string _name;

    private AlignmentObjective(string name, ObjectiveTerm[] terms) => (_name, Terms) = (name, terms);

    /// <summary>Nothing is trained, and nothing is moved.</summary>
    public static AlignmentObjective Raw { get; } = new(RawName, []);

    /// <summary>Nothing is trained: each modality loses its mean.</summary>
    public static AlignmentObjective MeanShift { get; } = new(MeanShiftName, []);

    /// <summary>Nothing is trained: both modalities are mapped onto the barycentre of their fitted Gaussians.</summary>
    public static AlignmentObjective Barycentre { get; } = new(BarycentreName, []);

    /// <summary>No training: the closed form that is fitted to pairs, <see cref="Starts.PairRegression"/>.</summary>
    public static AlignmentObjective Regression { get; } = new(RegressionName, []);

    /// <summary>D_CS + lambda InfoNCE: the paper's.</summary>
    public static AlignmentObjective CsInfoNce { get; } = Of(ObjectiveTerms.CauchySchwarz, ObjectiveTerms.InfoNce);

    /// <summary>InfoNCE alone.</summary>
    public static AlignmentObjective InfoNce { get; } = Of(ObjectiveTerms.InfoNce);

    /// <summary>D_CS alone. It needs no pairs, and tends to shrink both clouds and lose recall.</summary>
    public static AlignmentObjective Cs { get; } = Of(ObjectiveTerms.CauchySchwarz);

    /// <summary>The terms, divergences first, an application's own last; none for the baselines that train nothing.</summary>
    public IReadOnlyList<ObjectiveTerm> Terms { get; }

    /// <summary>What <see cref="Parse"/> reads, for people.</summary>
    public static string Expected => ExpectedOf(ObjectiveTerms.All);

    /// <summary>Whether anything is trained.</summary>
    public bool Trains => Terms.Count > 0;

    /// <summary>A sum of terms. The order of the library's own does not matter; others come behind them as given.</summary>
    /// <param name="terms">One or more, each once.</param>
    /// <exception cref="ArgumentException">There is no term, or a name occurs twice or is not valid.</exception>
    public static AlignmentObjective Of(params ObjectiveTerm[] terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Length == 0)
            throw new ArgumentException(
                $"An objective needs at least one term; {nameof(Raw)}, {nameof(MeanShift)}, {nameof(Barycentre)} and "
                    + $"{nameof(Regression)} train nothing.",
                nameof(terms));
        if (terms.Distinct().Count() < terms.Length)
            throw new ArgumentException($"Each term may occur once, got {string.Join('+', terms.Select(t => t.Name))}.", nameof(terms));
        var known = Known(terms);
        return Sum([.. known.Where(terms.Contains)]);
    }

    /// <summary>Reads <c>raw</c>, <c>mean-shift</c>, <c>barycentre</c>, or names of terms with a plus between them.</summary>
    /// <param name="text">Such as <c>cs+infonce</c>.</param>
    /// <param name="more">Terms that may be named besides the library's.</param>
    /// <exception cref="InputException">Something else.</exception>
    /// <exception cref="ArgumentException">A term of <paramref name="more"/> has a name that is taken or not valid.</exception>
    public static AlignmentObjective Parse(string text, IEnumerable<ObjectiveTerm>? more = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var known = Known(more ?? []);
        if (text is RawName) return Raw;
        if (text is MeanShiftName) return MeanShift;
        if (text is BarycentreName) return Barycentre;
        if (text is RegressionName) return Regression;
        string[] parts = text.Split('+');
        if (parts.Distinct().Count() != parts.Length || Array.Exists(parts, part => !known.Exists(t => t.Name == part)))
        {
            string meant =
                Suggestion.End(text, [RawName, MeanShiftName, BarycentreName, RegressionName, "cs+infonce", .. known.Select(t => t.Name)]);
            throw new InputException($"objective: expected {ExpectedOf(known)}; got '{text}'{meant}");
        }
        return Sum([.. known.Where(t => parts.Contains(t.Name))]);
    }

    /// <summary>How often a term counts.</summary>
    /// <param name="term">One of <see cref="Terms"/>; others count 0 times.</param>
    /// <param name="lambda">The weight of contrast beside other terms.</param>
    public double Weight(ObjectiveTerm term, double lambda)
    {
        ArgumentNullException.ThrowIfNull(term);
        return !Terms.Contains(term) ? 0 : term.IsContrastive && Terms.Any(t => !t.IsContrastive) ? lambda : 1;
    }

    /// <inheritdoc/>
    public bool Equals(AlignmentObjective? other) => other?._name == _name && other.Terms.SequenceEqual(Terms);

    /// <inheritdoc/>
    public override int GetHashCode() => _name.GetHashCode(StringComparison.Ordinal);

    /// <summary>The objective as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => _name;

    private static AlignmentObjective Sum(ObjectiveTerm[] terms) => new(string.Join('+', terms.Select(t => t.Name)), terms);

    private static string ExpectedOf(IEnumerable<ObjectiveTerm> terms) =>
        $"{RawName}, {MeanShiftName}, {BarycentreName}, {RegressionName}, or a sum of {string.Join(", ", terms.Select(t => t.Name))}, such "
            + "as cs+infonce";

    // The library's terms, then the others: the order in which terms are written and added.
    private static List<ObjectiveTerm> Known(IEnumerable<ObjectiveTerm> more)
    {
        List<ObjectiveTerm> known = [.. ObjectiveTerms.All];
        foreach (var term in more)
        {
            ArgumentNullException.ThrowIfNull(term, nameof(more));
            if (known.Contains(term)) continue;
            string name = term.Name;
            if (string.IsNullOrEmpty(name) || name.Any(c => c == '+' || char.IsWhiteSpace(c) || char.IsControl(c))
                || name is RawName or MeanShiftName or BarycentreName or RegressionName)
                throw new ArgumentException($"'{name}' cannot be the name of a term: expected a name without spaces and plus, other "
                    + $"than {RawName}, {MeanShiftName}, {BarycentreName} and {RegressionName}.", nameof(more));
            if (known.Exists(t => t.Name == name))
                throw new ArgumentException($"The name '{name}' is taken by another term; give {term.GetType().Name} another name.",
                    nameof(more));
            known.Add(term);
        }

        return known;
    }
}
