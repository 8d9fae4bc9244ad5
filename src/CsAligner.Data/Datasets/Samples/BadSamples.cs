using System.Globalization;
using System.Text;
using CsAligner.Data.Disk;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Samples;

/// <summary>Counts the samples that cannot be used, names them in a log file, and ends the run when they are too many.</summary>
public sealed class BadSamples : IDisposable
{
    /// <summary>The name of the log file: a line for each bad sample, its key, a tab, the reason. In keys \\, \t, \n, \r and \u0007 stand
    /// for a backslash and for control characters.</summary>
    public const string LogFile = "bad-samples.log";

    // A share means little before this many samples.
    private const int Interval = 1000;

    private readonly BadSampleLimit _limit;
    private readonly string _path;
    private readonly string _shownPath;
    private readonly Action<string>? _say;
    private StreamWriter? _log;
    private string _first = "";

    /// <summary>Continues counting.</summary>
    /// <param name="limit">How many are borne.</param>
    /// <param name="path">The log file; it is rewritten with the first bad sample.</param>
    /// <param name="shownPath">The final path of the log, for the error message.</param>
    /// <param name="seen">Samples seen before.</param>
    /// <param name="bad">Bad ones among them.</param>
    /// <param name="say">Told of each bad sample, in a line; may be null.</param>
    public BadSamples(BadSampleLimit limit, string path, string shownPath, long seen = 0, long bad = 0, Action<string>? say = null)
    {
        (_limit, _path, _shownPath, Seen, Bad, _say) = (limit, path, shownPath, seen, bad, say);
        File.Delete(path);
    }

    /// <summary>Samples seen so far, bad ones too.</summary>
    public long Seen { get; private set; }

    /// <summary>Bad ones among them.</summary>
    public long Bad { get; private set; }

    /// <summary>The keys that the log of another run names. They are found whichever of Unicode's forms their letters are in.</summary>
    /// <param name="log">The log.</param>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static IReadOnlySet<string> ReadLog(string log)
    {
        ArgumentException.ThrowIfNullOrEmpty(log);
        if (!File.Exists(log)) throw new InputException($"cannot read '{log}': there is no such file; give the {LogFile} of another run");
        var keys = new HashSet<string>(FileNames.BySense);
        using var lines = new LineReader(log);
        while (lines.TryRead(out string line))
        {
            if (lines.Problem is { } problem) throw new InputException($"cannot read '{log}': line {lines.Number} {problem}");
            if (line.Length > 0) keys.Add(Unescape(line.Split('\t')[0]));
        }

        return keys;
    }

    /// <summary>Counts a sample that could be used.</summary>
    public void AddGood()
    {
        Seen++;
        CheckShare();
    }

    /// <summary>Counts and names one that could not.</summary>
    /// <param name="key">The name.</param>
    /// <param name="reason">Why.</param>
    /// <exception cref="InputException">They are too many by now.</exception>
    public void Add(string key, string reason)
    {
        ArgumentNullException.ThrowIfNull(key);
        Seen++;
        Bad++;
        string line = $"{Escape(key)}\t{OneLine(reason)}";
        if (_first.Length == 0) _first = OneLine(reason);
        _log ??= new StreamWriter(_path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        _log.Write(line + "\n");
        _say?.Invoke(OneLine(reason));
        if (_limit.Samples is not null) Check();
        CheckShare();
    }

    /// <summary>Checks the count against the limit, as at the end of a run.</summary>
    /// <exception cref="InputException">They are too many.</exception>
    public void Check()
    {
        _log?.Flush();
        if (!_limit.IsPassed(Bad, Seen)) return;
        string first = _first.Length > 0 ? $", the first: {_first}" : "";
        throw new InputException(
            $"too many bad samples: {Bad.ToString(CultureInfo.InvariantCulture)} of {Seen.ToString(CultureInfo.InvariantCulture)} read, "
                + $"more than the {_limit} allowed; fix them or allow more. '{_shownPath}' lists them{first}");
    }

    /// <summary>Writes out the log.</summary>
    public void Flush() => _log?.Flush();

    /// <summary>Closes the log.</summary>
    public void Dispose() => _log?.Dispose();

    private void CheckShare()
    {
        if (_limit.Samples is null && Seen % Interval == 0) Check();
    }

    private static string Escape(string key)
    {
        if (!key.Any(c => char.IsControl(c) || c == '\\')) return key;
        return string.Concat(key.Select(c => c switch
        {
            '\\' => "\\\\",
            '\t' => "\\t",
            '\n' => "\\n",
            '\r' => "\\r",
            _ when char.IsControl(c) => $"\\u{(int)c:x4}",
            _ => $"{c}",
        }));
    }

    // An unknown escape comes from a log of an older version, and is kept literally.
    private static string Unescape(string key)
    {
        var text = new StringBuilder(key.Length);
        for (int i = 0; i < key.Length; i++)
        {
            char next = key[i] == '\\' && i + 1 < key.Length ? key[i + 1] : '\0';
            if (next == 'u' && i + 5 < key.Length
                && ushort.TryParse(key.AsSpan(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                text.Append((char)code);
                i += 5;
            }
            else if (next is '\\' or 't' or 'n' or 'r')
            {
                text.Append(next switch { 't' => '\t', 'n' => '\n', 'r' => '\r', _ => '\\' });
                i++;
            }
            else
            {
                text.Append(key[i]);
            }
        }

        return text.ToString();
    }

    private static string OneLine(string text) => new([.. text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c)]);
}
