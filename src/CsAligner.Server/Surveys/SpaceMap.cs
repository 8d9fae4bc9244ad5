using System.Numerics.Tensors;
using CsAligner.Evaluation;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Search.Surveys;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Server.Surveys;

/// <summary>
/// The index as a picture: the samples of its survey, now and before they were aligned. Across, the line from the pictures' mean to the
/// texts', where the kinds lie furthest apart; upwards, the largest variance of what that line leaves.
/// </summary>
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
        float[] after = Place(images, texts, [.. items.Select(_ => true)]);
        if (rowsBefore is null)
        {
            Scale(after);
            return new SpaceMap(items, after, null, Gap.Of(images, texts), null);
        }

        float[]?[] known = [.. items.Select(item => rowsBefore(item.Id))];
        Tensor? imagesBefore = Before(RowKind.Image), textsBefore = Before(RowKind.Text);
        bool oneSpace = imagesBefore is null || textsBefore is null || imagesBefore.Width == textsBefore.Width;
        float[]? before = oneSpace && (imagesBefore ?? textsBefore) is not null
            ? Place(imagesBefore, textsBefore, [.. known.Select(row => row is not null)])
            : null;
        if (before is null)
        {
            Scale(after);
        }
        else
        {
            Turn(before, after);
            Scale(after, before);
        }

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
            float length = TensorPrimitives.Norm<float>(to);
            TensorPrimitives.Divide(to, length, to);
        }

        return all;
    }

    // Two coordinates for each item; NaN for those without a row.
    private static float[] Place(Tensor? images, Tensor? texts, bool[] has)
    {
        var places = new float[2 * has.Length];
        Array.Fill(places, float.NaN);
        Tensor[] given = [.. new[] { images, texts }.OfType<Tensor>()];
        if (given.Length == 0) return places;
        float[][] found = images is not null && texts is not null && Across(images, texts) is { } across
            ? Split(images, texts, across)
            : Plane(given);
        for (int i = 0, next = 0; i < has.Length; i++)
        {
            if (!has[i]) continue;
            (places[2 * i], places[(2 * i) + 1]) = (found[0][next], found[1][next]);
            next++;
        }

        return places;
    }

    // From the pictures' mean to the texts', of length 1; null where both are the same.
    private static float[]? Across(Tensor images, Tensor texts)
    {
        var across = new float[images.Width];
        Add(texts, 1f / texts.Rows);
        Add(images, -1f / images.Rows);
        float length = TensorPrimitives.Norm<float>(across);
        if (length < 1e-6f || across.Length == 1) return null;
        TensorPrimitives.Divide(across, length, across);
        return across;

        void Add(Tensor rows, float weight)
        {
            for (int r = 0; r < rows.Rows; r++)
                TensorPrimitives.MultiplyAdd(rows.Span.Slice(r * rows.Width, rows.Width), weight, across, across);
        }
    }

    private static float[][] Split(Tensor images, Tensor texts, float[] across)
    {
        Tensor[] left = [images.Clone(), texts.Clone()];
        float[] along = [.. left.SelectMany(rows => Enumerable.Range(0, rows.Rows).Select(r =>
        {
            Span<float> row = rows.Span.Slice(r * rows.Width, rows.Width);
            float part = TensorPrimitives.Dot<float>(row, across);
            TensorPrimitives.MultiplyAdd(across, -part, row, row);
            return part;
        }))];
        float middle = (along.Take(images.Rows).Average() + along.Skip(images.Rows).Average()) / 2;
        TensorPrimitives.Subtract(along, middle, along);
        Pca upwards = Pca.Fit(left, 1);
        return [along, [.. left.SelectMany(upwards.Project)]];
    }

    private static float[][] Plane(Tensor[] given)
    {
        var plane = Pca.Fit(given, Math.Min(2, given[0].Width));
        int components = plane.ExplainedVariance.Count;
        float[] found = [.. given.SelectMany(plane.Project)];
        return [.. Enumerable.Range(0, 2).Select(axis => Enumerable.Range(0, found.Length / components)
            .Select(row => axis < components ? found[(row * components) + axis] : 0).ToArray())];
    }

    // A direction of variance has no sign of its own: without this, all items might change sides on the way.
    private static void Turn(float[] before, float[] after)
    {
        for (int axis = 0; axis < 2; axis++)
        {
            double same = 0;
            for (int i = axis; i < before.Length; i += 2) same += float.IsNaN(before[i]) ? 0 : (double)before[i] * after[i];
            if (same >= 0) continue;
            for (int i = axis; i < before.Length; i += 2) before[i] = -before[i];
        }
    }

    // To -1 to 1, each axis alike now and before: else a gap that closes would look as wide as ever.
    private static void Scale(params float[][] maps)
    {
        for (int axis = 0; axis < 2; axis++)
        {
            float largest = float.Epsilon;
            foreach (float[] map in maps)
                for (int i = axis; i < map.Length; i += 2) if (!float.IsNaN(map[i])) largest = Math.Max(largest, Math.Abs(map[i]));
            foreach (float[] map in maps)
                for (int i = axis; i < map.Length; i += 2) map[i] /= largest;
        }
    }
}
