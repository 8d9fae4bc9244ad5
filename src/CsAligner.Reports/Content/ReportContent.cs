namespace CsAligner.Reports.Content;

/// <summary>All that the report shows; a section whose list is empty is left out.</summary>
internal sealed record ReportContent
{
    /// <summary>Whether the measured and pictured data were held out from training.</summary>
    public bool HeldOut { get; init; } = true;

    /// <summary>The options of the runs, if runs are compared.</summary>
    public OptionTable? Options { get; init; }

    /// <summary>The measurements of automatic choices, one per run that had one.</summary>
    public IReadOnlyList<HeatMap> Choices { get; init; } = [];

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>One or two sentences on what was run.</summary>
    public required string Summary { get; init; }

    /// <summary>The method that stands for "before" (among <see cref="Measurements"/>).</summary>
    public required string Before { get; init; }

    /// <summary>The method that stands for "after".</summary>
    public required string After { get; init; }

    /// <summary>The bandwidth rule in words of the command line, such as <c>within*0.35</c>.</summary>
    public required string BandwidthRule { get; init; }

    /// <summary>Split sizes, encoder, seeds, seconds, hardware: label and value, in order.</summary>
    public IReadOnlyList<ReportFact> Facts { get; init; } = [];

    /// <summary>One entry to a method, test set and seed; methods and sets appear in the order in which they first stand here.</summary>
    public IReadOnlyList<Measurement> Measurements { get; init; } = [];

    /// <summary>The test set that maps and histograms are of.</summary>
    public string PicturedSet { get; init; } = "";

    /// <summary>Maps of both modalities, one to a method.</summary>
    public IReadOnlyList<EmbeddingMap> Maps { get; init; } = [];

    /// <summary>The same by t-SNE, one to a method.</summary>
    public IReadOnlyList<EmbeddingMap> NeighbourMaps { get; init; } = [];

    /// <summary>The gap taken apart, one to a method.</summary>
    public IReadOnlyList<GapAnalysis> Gaps { get; init; } = [];

    /// <summary>Cosines of pairs and non-pairs, one to a method.</summary>
    public IReadOnlyList<CosineSample> Cosines { get; init; } = [];

    /// <summary>Training curves; those of one quantity share a chart.</summary>
    public IReadOnlyList<TrainingCurve> Curves { get; init; } = [];

    /// <summary>A query in one index of pictures and words, which opens the report; null for none.</summary>
    public IndexQuery? IndexQuery { get; init; }

    /// <summary>Queries with what was found before and after.</summary>
    public IReadOnlyList<QueryComparison> Queries { get; init; } = [];

    /// <summary>Closing remarks: sources, licences, how to run it again.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
