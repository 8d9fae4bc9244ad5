using System.Diagnostics;
using System.Globalization;
using CsAligner.Search.Embedded;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;

namespace CsAligner.Kills;

/// <summary>
/// Kills a process that writes to an index (SIGKILL) at random moments, opens what it leaves, and compares it with what was acknowledged.
/// Of the write that was under way, all or nothing must be there.
/// </summary>
internal sealed class IndexKillRunner(string folder, int seed)
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, int> _kept = new(StringComparer.Ordinal);
    private int _writes, _underWay, _found;

    /// <summary>Kills so often.</summary>
    /// <returns>What happened, in words.</returns>
    /// <exception cref="KillException">Something that was acknowledged is not there, or is another.</exception>
    public string Run(int kills)
    {
        for (int kill = 0; kill < kills; kill++)
        {
            (string[] ids, int version)? last = Kill(kill);
            CheckAsync(last).GetAwaiter().GetResult();
        }

        return $"index: {kills} kills in {_writes} acknowledged writes, {_underWay} while a write was "
            + $"under way (all of it was there "
            + $"{_found} times, else nothing): nothing was lost";
    }

    // The write that was under way, if any.
    private (string[] Ids, int Version)? Kill(int round)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] arguments = [typeof(IndexWriter).Assembly.Location, "index-writer", folder, round.ToString(CultureInfo.InvariantCulture)];
        using Process process = Process.Start(new ProcessStartInfo(host, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        (string[] Ids, int Version)? begun = null;
        int writes = 0, most = _random.Next(1, 60);
        Task<string> error = process.StandardError.ReadToEndAsync();
        bool killed = false;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (words is ["begin", _, _]) begun = (words[1].Split(','), int.Parse(words[2], CultureInfo.InvariantCulture));
            if (words is ["done"] && begun is { } write)
            {
                foreach (string id in write.Ids) Set(id, write.Version);
                (begun, writes) = (null, writes + 1);
                _writes++;
            }

            if (writes < most || killed) continue;
            killed = true;
            Thread.Sleep(TimeSpan.FromMilliseconds(30 * _random.NextDouble()));
            process.Kill();
        }

        process.WaitForExit();
        if (!killed) throw new KillException($"the writer ended by itself: {error.GetAwaiter().GetResult()}");
        return begun;
    }

    private void Set(string id, int version)
    {
        if (version == 0) _kept.Remove(id);
        else _kept[id] = version;
    }

    private async Task CheckAsync((string[] Ids, int Version)? begun)
    {
        await using EmbeddedIndex index = await EmbeddedIndex.OpenAsync(folder, new EmbeddedIndexOptions { ExactUpTo = 100 });
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (SearchItem item in index.SnapshotAsync())
        {
            int version = (int)item.Attributes["version"].Number;
            SearchItem expected = IndexWriter.Item(item.Id, version);
            double length = Math.Sqrt(expected.Vector.ToArray().Sum(value => (double)value * value));
            bool same = expected.Vector.ToArray().Select(value => (float)(Half)(value / length)).SequenceEqual(item.Vector.ToArray());
            if (!same || expected.Name != item.Name || expected.Kind != item.Kind) throw new KillException(
                $"'{item.Id}' is torn (version {version})");
            found[item.Id] = version;
        }

        if (begun is { } write)
        {
            _underWay++;
            int done = write.Ids.Count(id => found.GetValueOrDefault(id) == write.Version);
            int before = write.Ids.Count(id => found.GetValueOrDefault(id) == _kept.GetValueOrDefault(id));
            if (done != write.Ids.Length && before != write.Ids.Length) throw new KillException(
                $"of a write of {write.Ids.Length}, {done} are there");
            if (done == write.Ids.Length)
            {
                _found++;
                foreach (string id in write.Ids) Set(id, write.Version);
            }
        }

        string[] wrong = [.. found.Keys.Union(_kept.Keys).Where(id => found.GetValueOrDefault(id) != _kept.GetValueOrDefault(id))];
        if (wrong.Length > 0)
            throw new KillException(
                $"{wrong.Length} of {_kept.Count} acknowledged items are lost or old: {string.Join(", ", wrong.Take(5))}");
        if (_kept.Count == 0) return;

        // And they are found, by the graph or by comparing.
        foreach (bool exact in (bool[])[true, false])
        {
            string id = _kept.Keys.ElementAt(_random.Next(_kept.Count));
            SearchAnswer answer = await index.SearchAsync(new SearchQuery
            {
                Vector = IndexWriter.Item(id, _kept[id])
                .Vector,
                Top = 1,
                Exact = exact
            });
            if (answer.Hits[0].Item.Id != id) throw new KillException($"'{id}' is there and not found");
        }
    }
}
