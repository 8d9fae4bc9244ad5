using CsAligner.Tensors;
using CsAligner.Tokenizers.Pipeline;

namespace CsAligner.Tests.Tokenizers;

public sealed class PairMergesTests
{
    [Fact]
    public void The_queue_merges_what_the_scan_merges()
    {
        var random = new RandomGenerator(5);
        for (int round = 0; round < 300; round++)
        {
            // Merges of any rank, so that what one makes may be better than itself.
            var merges = new PairMerges(16);
            int letters = 2 + random.Next(3), ids = letters;
            var ranks = Enumerable.Range(0, 12).ToArray();
            random.Shuffle(ranks);
            foreach (int rank in ranks)
                merges.Add(random.Next(ids), random.Next(ids), rank, ids++);
            int[] scanned = [.. Enumerable.Range(0, random.Next(90)).Select(_ => random.Next(letters))], queued = [.. scanned];
            int count = merges.ApplyByScan(scanned);
            Assert.Equal(count, merges.ApplyByQueue(queued));
            Assert.Equal(scanned[..count], queued[..count]);
        }
    }
}
