using CsAligner.Tensors;
using CsAligner.Tokenizers.Pieces;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

public sealed class BpeMergesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_queue_merges_what_the_scan_merges(bool everywhere)
    {
        var random = new RandomGenerator(5);
        for (int round = 0; round < 300; round++)
        {
            // Merges of any rank, so that what one makes may be better than itself.
            var merges = new BpeMerges(16, everywhere);
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
