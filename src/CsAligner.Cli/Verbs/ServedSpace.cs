using CsAligner.Adapters;
using CsAligner.Data.FeatureSets;
using CsAligner.Server.Encoding;

namespace CsAligner.Cli.Verbs;

/// <summary>The space that is served: its encoder, and the rows as they were before adapters mapped them.</summary>
/// <param name="Encoder">Makes words and pictures rows of the space.</param>
/// <param name="ImageAdapter">What mapped pictures; null for nothing.</param>
/// <param name="TextAdapter">What mapped texts; null for nothing.</param>
/// <param name="Images">The features of pictures; null if they are not known, or were never mapped.</param>
/// <param name="Texts">The features of texts; as <paramref name="Images"/>.</param>
internal sealed record ServedSpace(
    SpaceEncoder Encoder, Adapter? ImageAdapter, Adapter? TextAdapter, FeatureRowsFile? Images, FeatureRowsFile? Texts) : IDisposable
{
    /// <summary>The features of an item, by its id; null where there are none.</summary>
    public Func<string, float[]?>? RowBefore => Images is null && Texts is null ? null : Find;

    /// <inheritdoc/>
    public void Dispose()
    {
        Images?.Dispose();
        Texts?.Dispose();
    }

    private float[]? Find(string id)
    {
        if (ServedSource.RowOf(id) is not { } row) return null;
        FeatureRowsFile? rows = row.Kind == Retrieval.RowKind.Image ? Images : Texts;
        if (rows is null || row.Row >= rows.Rows) return null;
        var values = new float[rows.Width];
        rows.Read(row.Row, values);
        return values;
    }
}
