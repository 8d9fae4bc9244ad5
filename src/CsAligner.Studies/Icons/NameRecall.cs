using CsAligner.Data.Icons;
using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Studies.Icons;

/// <summary>
/// Text-to-image retrieval by the names of a test set that the encoder's training had under other icons, and by those
/// that it never saw. Candidates are all icons of the set both times. Null if there are no such names.
/// </summary>
internal sealed record NameRecall(int SeenCount, RetrievalMeasures? Seen, int UnseenCount, RetrievalMeasures? Unseen)
{
    public static NameRecall Of(IconPairs test, Tensor images, Tensor texts, SeenCaptions captions)
    {
        ILookup<bool, int> rows = Enumerable.Range(0, test.Count).ToLookup(row => captions.Contains(test.Caption(row)));
        return new NameRecall(rows[true].Count(), Recall(rows[true]), rows[false].Count(), Recall(rows[false]));

        RetrievalMeasures? Recall(IEnumerable<int> asked)
        {
            int[] queries = [.. asked];
            if (queries.Length == 0) return null;
            var pairing = Pairing.From([.. queries.Select(row => (long)row)], test.Count, queries.Length);
            return Evaluator.TextToImage(images, FeatureRows.Take(texts, queries), pairing);
        }
    }
}
