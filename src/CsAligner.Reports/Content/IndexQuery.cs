namespace CsAligner.Reports.Content;

/// <summary>Words that search one index of pictures and words, and the first hits under two methods, best first.</summary>
internal sealed record IndexQuery(
    string Text, string TestSet, string Before, IReadOnlyList<IndexHit> HitsBefore, string After, IReadOnlyList<IndexHit> HitsAfter);
