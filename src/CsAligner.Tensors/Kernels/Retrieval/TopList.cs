using CsAligner.Tensors.Kernels.Arrays;

namespace CsAligner.Tensors.Kernels.Retrieval;

/// <summary>
/// The candidates of one query that may still be among its K best. They must be offered in the order of their rows.
/// </summary>
internal unsafe struct TopList(int k, int capacity, double margin, float* scores, int* rows, float* query, float* candidates, int width)
{
    private int _count;

    /// <summary>Nothing below this score can be among the K best.</summary>
    public float Bar { get; private set; } = float.NegativeInfinity;

    public void Add(float score, int row)
    {
        if (_count == capacity) MakeRoom();
        if (score < Bar) return;
        (scores[_count], rows[_count]) = (score, row);
        _count++;
    }

    /// <summary>The K best by their float64 scores, best first, equal ones by row.</summary>
    public void Finish(Span<int> bestRows, Span<double> bestScores)
    {
        DropLosers();
        double[] exact = Order();
        for (int i = 0; i < k; i++) (bestRows[i], bestScores[i]) = (rows[i], -exact[i]);
    }

    private void MakeRoom()
    {
        DropLosers();
        if (_count - k <= (capacity - k) / 2) return;

        // More near-ties than there is room for: float64 tells them apart, and what equals the K-th from here on comes too late.
        double[] exact = Order();
        _count = k;
        for (int i = 0; i < k; i++) scores[i] = (float)-exact[i];
        Bar = Math.Max(Bar, (float)(-exact[k - 1] - margin));
    }

    // The K-th best of all lies at most one margin below the K-th score here, and a loser's true score at most one above its own.
    private void DropLosers()
    {
        if (_count <= k) return;
        BringBestToFront();
        float least = scores[0];
        for (int i = 1; i < k; i++) least = Math.Min(least, scores[i]);
        Bar = Math.Max(Bar, (float)(least - (2 * margin)));
        int kept = k;
        for (int i = k; i < _count; i++)
        {
            if (scores[i] < Bar) continue;
            (scores[kept], rows[kept]) = (scores[i], rows[i]);
            kept++;
        }

        _count = kept;
    }

    // Quickselect: the K highest scores first, in any order.
    private readonly void BringBestToFront()
    {
        int low = 0, high = _count - 1;
        while (low < high)
        {
            float pivot = MedianOfThree(scores[low], scores[(low + high) / 2], scores[high]);
            int i = low, j = high;
            while (i <= j)
            {
                while (scores[i] > pivot) i++;
                while (scores[j] < pivot) j--;
                if (i > j) break;
                (scores[i], scores[j]) = (scores[j], scores[i]);
                (rows[i], rows[j]) = (rows[j], rows[i]);
                i++;
                j--;
            }

            if (k - 1 <= j) high = j;
            else if (k - 1 >= i) low = i;
            else return;
        }
    }

    private static float MedianOfThree(float a, float b, float c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    // Orders the rows; gives back their float64 scores, negated so that they ascend. The float32 scores are void afterwards.
    private readonly double[] Order()
    {
        var exact = new double[_count];
        for (int i = 0; i < _count; i++) exact[i] = -RowDots.Dot(query, candidates + ((long)rows[i] * width), width);
        var ordered = new Span<int>(rows, _count);
        exact.AsSpan().Sort(ordered);
        for (int start = 0, end; start < _count; start = end)
        {
            end = start + 1;
            while (end < _count && exact[end] == exact[start]) end++;
            if (end - start > 1) ordered[start..end].Sort();
        }

        return exact;
    }
}
