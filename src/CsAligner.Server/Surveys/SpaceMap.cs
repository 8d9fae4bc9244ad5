using CsAligner.Evaluation;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Search.Surveys;
using CsAligner.Tensors;

namespace CsAligner.Server.Surveys;

/// <summary>The index as a picture: the samples of its survey in the plane of their largest variance, now and before they were
/// aligned.</summary>
internal sealed class SpaceMap
{
    private SpaceMap(IReadOnlyList<SearchItem> items, float[] after, float[]? before, Gap? gap, Gap? gapBefore) =>
        (Items, After, Before, Gap, GapBefore) = (items, after, before, gap, gapBefore);

    /// <summary>The items: pictures, then texts.</summary>
    public IReadOnlyList<SearchItem> Items { get; }

    /// <summary>Two coordinates for each, -1 to 1.</summary>
    public float[] After { get; }

    /// <summary>The same before alignment; NaN where an item's row is not known, null where none is.</summary>
    public float[]? Before { get; }

    /// <summary>How far apart the kinds lie; null with too few items.</summary>
    public Gap? Gap { get; }

    /// <summary>The same before alignment.</summary>
    public Gap? GapBefore { get; }

    /// <summary>Draws it.</summary>
    /// <param name="survey">What the index holds.</param>
    /// <param name="rowsBefore">Rows before alignment by id, in the order of the ids; null where one is not known.</param>
    public static SpaceMap Of(IndexSurvey survey, Func<string, float[]?>? rowsBefore)
    {
        Tensor? images = Rows([.. survey.Images.Select(item => item.Vector)]), texts = Rows([.. survey.Texts.Select(item => item.Vector)]);
        SearchItem[] items = [.. survey.Images, .. survey.Texts];
        float[] after = Fit([images, texts], [.. items.Select(_ => true)]);
        if (rowsBefore is null) return new SpaceMap(items, after, null, Gap.Of(images, texts), null);

        float[]?[] known = [.. items.Select(item => rowsBefore(item.Id))];
        Tensor? imagesBefore = Before(RowKind.Image), textsBefore = Before(RowKind.Text);
        bool oneSpace = imagesBefore is null || textsBefore is null || imagesBefore.Width == textsBefore.Width;
        float[]? before = oneSpace && (imagesBefore ?? textsBefore) is not null
            ? Fit([imagesBefore, textsBefore], [.. known.Select(row => row is not null)])
            : null;
        return new SpaceMap(items, after, before, Gap.Of(images, texts), Gap.Of(imagesBefore, textsBefore));

        Tensor? Before(RowKind kind) => Rows(
            [.. known.Where((row, i) => row is not null && items[i].Kind == kind).Select(row => (ReadOnlyMemory<float>)row!)]);
    }

    private static Tensor? Rows(ReadOnlyMemory<float>[] rows)
    {
        if (rows.Length == 0) return null;
        var all = new Tensor(rows.Length, rows[0].Length);
        for (int r = 0; r < rows.Length; r++)
        {
            Span<float> to = all.Span.Slice(r * all.Width, all.Width);
            rows[r].Span.CopyTo(to);
            float length = System.Numerics.Tensors.TensorPrimitives.Norm<float>(to);
            System.Numerics.Tensors.TensorPrimitives.Divide(to, length, to);
        }

        return all;
    }

    // Coordinates of all items in one frame; NaN for those without a row.
    private static float[] Fit(Tensor?[] sets, bool[] has)
    {
        Tensor[] given = [.. sets.OfType<Tensor>()];
        var places = new float[2 * has.Length];
        Array.Fill(places, float.NaN);
        if (given.Length == 0) return places;
        var plane = Pca.Fit(given, Math.Min(2, given[0].Width));
        float[] found = [.. given.SelectMany(plane.Project)];
        int components = plane.ExplainedVariance.Count;
        float largest = Math.Max(float.Epsilon, found.Max(Math.Abs));
        for (int i = 0, next = 0; i < has.Length; i++)
        {
            if (!has[i]) continue;
            places[2 * i] = found[next] / largest;
            places[(2 * i) + 1] = components > 1 ? found[next + 1] / largest : 0;
            next += components;
        }

        return places;
    }
}
