using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Kills;

/// <summary>What a command leaves in a folder.</summary>
internal static class OutputFolder
{
    /// <summary>Files under their final names, relative to the folder, in order.</summary>
    public static string[] Files(string folder) => [.. All(folder).Where(file => !IsTemporary(file))];

    /// <summary>What is on its way to a name, or was when a run was killed.</summary>
    public static string[] Temporary(string folder) => [.. All(folder).Where(IsTemporary)];

    /// <summary>Reads every file under its final name, as what its name says it is.</summary>
    /// <exception cref="KillException">One is torn.</exception>
    public static void CheckWhole(string folder)
    {
        foreach (string file in Files(folder))
        {
            try
            {
                Read(Path.Combine(folder, file));
            }
            catch (Exception failure) when (failure is InputException or JsonException or InvalidDataException)
            {
                throw new KillException($"{file} is torn: {failure.Message}");
            }
        }
    }

    /// <summary>What must be the same in every run: the bytes, but for the timings in .json, .csv and .md.</summary>
    public static byte[] Content(string path, IReadOnlyList<string> timings) => Path.GetExtension(path) switch
    {
        ".json" when timings.Count > 0 => Encoding.UTF8.GetBytes(Without(JsonNode.Parse(File.ReadAllBytes(path))!, timings).ToJsonString()),
        ".csv" when timings.Count > 0 => Encoding.UTF8.GetBytes(Without(File.ReadAllLines(path), ',', _ => true, timings)),
        ".md" when timings.Count > 0 =>
            Encoding.UTF8.GetBytes(Without(File.ReadAllLines(path), '|', line => line.StartsWith('|'), timings)),
        _ => File.ReadAllBytes(path),
    };

    private static void Read(string path)
    {
        switch (Path.GetExtension(path))
        {
            case ".safetensors":
                using (var file = SafeTensorsFile.Open(path))
                    foreach (string name in file.Names) file.ReadDoubles(name);
                break;
            case ".npy":
                Npy.ReadDoubles(path, out _);
                break;
            case ".json":
                JsonDocument.Parse(File.ReadAllBytes(path)).Dispose();
                break;
            case ".jsonl":
                foreach (string line in Lines(path)) JsonDocument.Parse(line).Dispose();
                break;
            case ".csv" or ".txt" or ".md":
                if (Lines(path).Length == 0) throw new InvalidDataException("it is empty");
                break;
        }
    }

    // Whatever has lines ends with the end of one.
    private static string[] Lines(string path)
    {
        string text = File.ReadAllText(path);
        return text.Length == 0 ? [] : text[^1] == '\n'
            ? text[..^1].Split('\n')
            : throw new InvalidDataException("its last line does not end");
    }

    private static JsonNode Without(JsonNode node, IReadOnlyList<string> keys)
    {
        if (node is JsonObject members)
        {
            foreach (string key in keys) members.Remove(key);
            foreach (var (_, value) in members.Where(m => m.Value is not null).ToList()) Without(value!, keys);
        }
        else if (node is JsonArray elements)
        {
            foreach (JsonNode? element in elements.Where(e => e is not null)) Without(element!, keys);
        }

        return node;
    }

    // Empties columns of tables; the first line of a table is its header.
    private static string Without(string[] lines, char separator, Func<string, bool> isTable, IReadOnlyList<string> columns)
    {
        int[] behind = [];
        bool inTable = false;
        return string.Join('\n', lines.Select(line =>
        {
            if (!isTable(line))
            {
                inTable = false;
                return line;
            }

            string[] cells = line.Split(separator);
            // Quoted cells hold commas; the timings stand behind them, so count from the end.
            if (!inTable)
                behind = [.. cells.Select((cell, at) => (cell, at)).Where(c => columns.Contains(c.cell.Trim()))
                    .Select(c => cells.Length - c.at)];
            inTable = true;
            foreach (int count in behind) cells[^count] = "";
            return string.Join(separator, cells);
        }));
    }

    private static IEnumerable<string> All(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path))
            .Order(StringComparer.Ordinal)
        : [];

    private static bool IsTemporary(string file) => Path.GetFileName(file).StartsWith('.');
}
