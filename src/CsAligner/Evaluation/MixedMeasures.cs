using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Tensors;

namespace CsAligner.Evaluation;

// Shapes: images [M, D], texts [N, D].

/// <summary>
/// Retrieval in one index of both modalities, as people use an aligned space: every query searches all images and all texts but
/// itself. The target of a text is its image, the targets of an image are its texts; so partners compete with what is like the query
/// in its own modality. Equal scores go to images before texts, then to the lower row.
/// </summary>
/// <param name="TextQuery">Texts ask.</param>
/// <param name="ImageQuery">Images ask; those without a text do not, but they are candidates.</param>
public sealed record MixedMeasures(MixedQueryMeasures TextQuery, MixedQueryMeasures ImageQuery)
{
    // Places that are looked at.
    internal const int Places = 10;

    /// <summary>Measures rows. Exact: time O((M + N)^2 D), memory O(M + N) beside the rows.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="pairing">Which text belongs to which image.</param>
    public static MixedMeasures Of(Tensor images, Tensor texts, Pairing pairing)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(pairing);
        int[][] textsOfImage = pairing.TextsOfImage();
        int[] allTexts = [.. Enumerable.Range(0, texts.Rows)];
        int[] asking = [.. Enumerable.Range(0, textsOfImage.Length).Where(i => textsOfImage[i].Length > 0)];
        return new MixedMeasures(
            Ask(texts, allTexts, images, [.. pairing.ImageOfText.Select(i => new[] { i })], othersFirst: true),
            Ask(images, asking, texts, [.. asking.Select(i => textsOfImage[i])], othersFirst: false));
    }

    /// <summary>Writes text_query and image_query as one object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WritePropertyName("text_query");
        TextQuery.WriteJson(writer, "images_in_top10");
        writer.WritePropertyName("image_query");
        ImageQuery.WriteJson(writer, "texts_in_top10");
        writer.WriteEndObject();
    }

    /// <summary>The mean of each number over several measurements.</summary>
    /// <param name="all">At least one.</param>
    internal static MixedMeasures Mean(IReadOnlyList<MixedMeasures> all) =>
        new(MixedQueryMeasures.Mean([.. all.Select(m => m.TextQuery)]), MixedQueryMeasures.Mean([.. all.Select(m => m.ImageQuery)]));

    // The rows of own that ask search own and others; their targets are rows of others.
    private static MixedQueryMeasures Ask(Tensor own, int[] asking, Tensor others, int[][] targets, bool othersFirst)
    {
        Tensor queries = asking.Length == own.Rows ? own : FeatureRows.Take(own, asking);
        var foundOthers = ExactSearch.Scored(queries, others, Places);
        var foundOwn = ExactSearch.Scored(queries, own, Places + 1);
        var sum = new MixedQueryMeasures(0, 0, 0, 0, 0);
        Span<bool> right = stackalloc bool[Places];
        for (int query = 0; query < asking.Length; query++)
        {
            int length = 0, places = 0, other = query * foundOthers.Count, self = query * foundOwn.Count;
            int otherEnd = other + foundOthers.Count, ownEnd = self + foundOwn.Count;
            right.Clear();
            while (length < Places && (other < otherEnd || self < ownEnd))
            {
                if (self < ownEnd && foundOwn.Rows[self] == asking[query])
                {
                    self++;
                    continue;
                }

                bool takeOther = other < otherEnd && (self == ownEnd || foundOthers.Scores[other] > foundOwn.Scores[self]
                    || (othersFirst && foundOthers.Scores[other] == foundOwn.Scores[self]));
                if (takeOther)
                {
                    right[length] = Array.IndexOf(targets[query], foundOthers.Rows[other++]) >= 0;
                    places++;
                }
                else
                {
                    self++;
                }

                length++;
            }

            sum = sum.Plus(right, targets[query].Length, places);
        }

        return sum.Over(asking.Length);
    }
}
