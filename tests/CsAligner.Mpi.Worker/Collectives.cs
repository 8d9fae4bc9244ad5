using System.Runtime.InteropServices;
using CsAligner.Ranks;

namespace CsAligner.Mpi.Worker;

/// <summary>Every operation of a communicator, with data whose outcome is known.</summary>
internal static class Collectives
{
    private const int Length = 1000;

    public static void Run(ICommunicator ranks)
    {
        int rank = ranks.Rank, size = ranks.Size;
        byte[] text = rank == size - 1 ? "from the last rank"u8.ToArray() : new byte[18];
        ranks.Broadcast(text, size - 1);
        Expect(text.AsSpan().SequenceEqual("from the last rank"u8), "broadcast");

        // Rank r has r times so many bytes: the first has none.
        long[] lengths = [.. Enumerable.Range(0, size).Select(r => (long)r * Length)];
        byte[] own = [.. Enumerable.Repeat((byte)rank, rank * Length)], all = new byte[lengths.Sum()];
        ranks.AllGather(own, lengths, all);
        Expect(all.SequenceEqual(Enumerable.Range(0, size).SelectMany(r => Enumerable.Repeat((byte)r, r * Length))), "all-gather");

        float[] values = [.. Enumerable.Range(0, Length).Select(i => i + (0.5f * rank))];
        ranks.AllReduce(values);
        for (int i = 0; i < Length; i++) Expect(values[i] == (i * size) + (0.25f * size * (size - 1)), $"all-reduce of element {i}");

        int[] token = [rank], received = [-1];
        for (int step = 1; step <= size; step++)
        {
            ranks.Exchange(MemoryMarshal.AsBytes(token.AsSpan()), (rank + 1) % size, MemoryMarshal.AsBytes(received.AsSpan()),
                (rank + size - 1) % size);
            Expect(received[0] == (rank - step + (size * step)) % size, $"ring, step {step}");
            (token, received) = (received, token);
        }

        // The runtime turns a null reference into an exception by its signal handler, which MPI must have left alone.
        bool caught = false;
        try
        {
            caught = Nothing()!.Length > 0;
        }
        catch (NullReferenceException)
        {
            caught = true;
        }

        Expect(caught, "null reference");
        ranks.Barrier();
        Expect(ranks.ExchangedBytes > 0 || size == 1, "count of bytes");
        Console.WriteLine($"rank {rank} of {size}: every operation is right");
    }

    private static string? Nothing() => Environment.GetEnvironmentVariable("CSALIGN_TEST_NOT_SET");

    private static void Expect(bool holds, string what)
    {
        if (!holds) throw new InvalidOperationException($"{what}: the outcome is wrong.");
    }
}
