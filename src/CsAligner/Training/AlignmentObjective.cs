using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>
/// What alignment minimises: a sum of terms. Divergences between the two sets of rows (<c>cs</c>, <c>mmd</c>, <c>coral</c>, <c>kl</c>,
/// <c>sinkhorn</c>) and distances of pairs (<c>l2</c>, <c>cosine</c>) count once; <c>infonce</c> and <c>siglip</c> count lambda times
/// beside another term, and once alone.
/// </summary>
public sealed record AlignmentObjective
{
    private static readonly (string Name, ObjectiveTerm Term)[] Names =
    [
        ("cs", ObjectiveTerm.CauchySchwarz), ("mmd", ObjectiveTerm.MaximumMeanDiscrepancy), ("coral", ObjectiveTerm.Coral), ("kl", ObjectiveTerm.GaussianKl),
        ("sinkhorn", ObjectiveTerm.Sinkhorn), ("l2", ObjectiveTerm.SquaredDistance), ("cosine", ObjectiveTerm.Cosine), ("infonce", ObjectiveTerm.InfoNce),
        ("siglip", ObjectiveTerm.SigLip),
    ];

    private readonly string _name;

    private AlignmentObjective(string name, ObjectiveTerm[] terms) => (_name, Terms) = (name, terms);

    /// <summary>Nothing is trained, and nothing is moved.</summary>
    public static AlignmentObjective Raw { get; } = new("raw", []);

    /// <summary>Nothing is trained: each modality loses its mean.</summary>
    public static AlignmentObjective MeanShift { get; } = new("mean-shift", []);

    /// <summary>D_CS + lambda InfoNCE: the paper's.</summary>
    public static AlignmentObjective CsInfoNce { get; } = Parse("cs+infonce");

    /// <summary>InfoNCE alone.</summary>
    public static AlignmentObjective InfoNce { get; } = Parse("infonce");

    /// <summary>D_CS alone. It needs no pairs, and tends to shrink both clouds and lose recall.</summary>
    public static AlignmentObjective Cs { get; } = Parse("cs");

    /// <summary>The terms, divergences first; none for the baselines that train nothing.</summary>
    public IReadOnlyList<ObjectiveTerm> Terms { get; }

    /// <summary>What <see cref="Parse"/> reads, for people.</summary>
    public static string Expected => $"raw, mean-shift, or a sum of {string.Join(", ", Names.Select(n => n.Name))}, such as cs+infonce";

    /// <summary>Whether anything is trained.</summary>
    public bool Trains => Terms.Count > 0;

    /// <summary>Reads <c>raw</c>, <c>mean-shift</c>, or terms with a plus between them.</summary>
    /// <exception cref="InputException">Something else.</exception>
    public static AlignmentObjective Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text is "raw") return Raw;
        if (text is "mean-shift") return MeanShift;
        string[] parts = text.Split('+');
        if (parts.Distinct().Count() != parts.Length || Array.Exists(parts, part => !Array.Exists(Names, n => n.Name == part)))
            throw new InputException($"objective: expected {Expected}; got '{text}'{Suggestion.End(text, ["raw", "mean-shift", "cs+infonce", .. Names.Select(n => n.Name)])}");
        var known = Names.Where(n => parts.Contains(n.Name)).ToArray();
        return new AlignmentObjective(string.Join('+', known.Select(n => n.Name)), [.. known.Select(n => n.Term)]);
    }

    /// <summary>Whether a term takes part.</summary>
    public bool Has(ObjectiveTerm term) => Terms.Contains(term);

    /// <summary>How often a term counts.</summary>
    /// <param name="term">One of <see cref="Terms"/>.</param>
    /// <param name="lambda">The weight of contrast beside other terms.</param>
    public double Weight(ObjectiveTerm term, double lambda) =>
        !Has(term) ? 0 : term is ObjectiveTerm.InfoNce or ObjectiveTerm.SigLip && Terms.Any(t => t is not (ObjectiveTerm.InfoNce or ObjectiveTerm.SigLip)) ? lambda : 1;

    /// <inheritdoc/>
    public bool Equals(AlignmentObjective? other) => other?._name == _name;

    /// <inheritdoc/>
    public override int GetHashCode() => _name.GetHashCode(StringComparison.Ordinal);

    /// <summary>The objective as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => _name;
}
