using System.Security.Cryptography;
using System.Text;
using CsAligner.Tensors;

namespace CsAligner.Server.Keys;

/// <summary>The keys that a <c>SearchServer</c> lets in. Only their hashes are kept.</summary>
public sealed class ApiKeys
{
    private const int ShortestKey = 16, LongestKey = 512;

    private readonly byte[][] _read, _write;

    /// <summary>Keys that may read, and keys that may also write.</summary>
    /// <param name="read">Keys that may only read.</param>
    /// <param name="write">Keys that may read and write.</param>
    /// <exception cref="InputException">There is none, or one is shorter than 16 characters, longer than 512, or has other characters than
    /// visible ASCII.</exception>
    public ApiKeys(IEnumerable<string> read, IEnumerable<string> write)
    {
        (_read, _write) = ([.. read.Select(Hash)], [.. write.Select(Hash)]);
        if (_read.Length + _write.Length == 0) throw new InputException("keys: expected at least one");

        static byte[] Hash(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            if (key.Length is < ShortestKey or > LongestKey || key.Any(c => c is <= ' ' or > '~'))
                throw new InputException($"keys: one has {key.Length} characters; expected {ShortestKey} to {LongestKey} of visible ASCII, "
                    + "such as what 'openssl rand -hex 32' prints");
            return HashOf(key);
        }
    }

    /// <summary>Reads keys from a file: one a line, <c>read KEY</c> or <c>write KEY</c>; blank lines and lines with # are left
    /// out.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It cannot be read, or a line is none of these. The message never holds a key.</exception>
    public static ApiKeys Read(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the keys in '{path}': {failure.Message}", failure);
        }

        List<string> read = [], write = [];
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0].StartsWith('#')) continue;
            if (words is not ["read" or "write", _])
                throw new InputException($"cannot read the keys in '{path}': line {i + 1} is neither 'read KEY' nor 'write KEY'");
            (words[0] == "read" ? read : write).Add(words[1]);
        }

        return read.Count + write.Count > 0
            ? new ApiKeys(read, write)
            : throw new InputException($"there is no key in '{path}'; write a line such as 'write KEY' into it");
    }

    /// <summary>What a key may do. Takes the same time whatever the key.</summary>
    internal Access AccessOf(string? key)
    {
        byte[] hash = HashOf(key ?? "");
        Access access = Access.None;
        foreach (byte[] known in _read)
            if (CryptographicOperations.FixedTimeEquals(known, hash) && access < Access.Read) access = Access.Read;
        foreach (byte[] known in _write)
            if (CryptographicOperations.FixedTimeEquals(known, hash)) access = Access.Write;
        return access;
    }

    private static byte[] HashOf(string key) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key));
}
