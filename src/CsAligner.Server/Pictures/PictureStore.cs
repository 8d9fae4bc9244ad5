using CsAligner.Server.Configuration;
using CsAligner.Server.Requests;
using System.Security.Cryptography;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Microsoft.AspNetCore.Http;

namespace CsAligner.Server.Pictures;

/// <summary>
/// The pictures of items: files below given folders, and uploaded ones, which are kept in a folder of their own.
/// </summary>
internal sealed class PictureStore
{
    private const string Uploaded = "upload:";

    private readonly string[] _roots;
    private readonly string? _uploads;
    private readonly long _most;

    public PictureStore(SearchServerOptions options)
    {
        _roots = [.. options.PictureFolders.Select(folder => Directory.Exists(folder)
            ? Real(folder)
            : throw new InputException($"there is no folder '{folder}' of pictures; check the path"))];
        _uploads = options.UploadFolder;
        _most = options.MaxPictureBytes;
        if (_uploads is null) return;
        AtomicFile.CreateFolder(_uploads);
        AtomicFile.CleanFolder(_uploads);
    }

    /// <summary>The path of an item with an uploaded picture; null where uploads are not kept.</summary>
    public string? PathOfUpload(string id, byte[] file)
    {
        if (_uploads is null) return null;

        // Of the item and the file: no two items share one, so it goes when its item does.
        byte[] owned = [.. System.Text.Encoding.UTF8.GetBytes(id), 0, .. file];
        return Uploaded + Convert.ToHexStringLower(SHA256.HashData(owned));
    }

    /// <summary>Keeps an uploaded picture.</summary>
    /// <param name="path">Of <see cref="PathOfUpload"/>.</param>
    /// <param name="file">What is in it.</param>
    /// <returns>Whether it was not there before.</returns>
    /// <exception cref="RequestException">The disk does not take it.</exception>
    public bool Keep(string path, byte[] file)
    {
        string kept = Path.Combine(_uploads!, path[Uploaded.Length..]);
        if (File.Exists(kept)) return false;
        try
        {
            AtomicFile.WriteAllBytes(kept, file);
        }
        catch (InputException failure)
        {
            // Its message is for whoever runs the service: it says where the file lies.
            throw new RequestException(StatusCodes.Status507InsufficientStorage,
                "the service cannot keep the picture: its disk is full or refuses it; nothing was changed", failure);
        }

        return true;
    }

    /// <summary>Removes an uploaded picture whose item is gone; leaves every other path alone.</summary>
    public void Forget(string? path)
    {
        if (!IsUploaded(path) || Find(path) is not { } file) return;
        try
        {
            File.Delete(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A file that nobody asks for any more: no reason to call the removal failed.
        }
    }

    /// <summary>Whether an item's picture may be there to show, without a look at the disk.</summary>
    public bool MayShow(string? path) => !string.IsNullOrEmpty(path) && (IsUploaded(path) ? _uploads is not null : _roots.Length > 0);

    /// <summary>The file of an item's picture; null if it has none that may be shown.</summary>
    public string? Find(string? path)
    {
        if (string.IsNullOrEmpty(path)) return null;
        if (path.StartsWith(Uploaded, StringComparison.Ordinal))
        {
            string name = path[Uploaded.Length..];
            bool isHash = name.Length == 64 && name.All(char.IsAsciiHexDigitLower);
            return _uploads is not null && isHash && File.Exists(Path.Combine(_uploads, name)) ? Path.Combine(_uploads, name) : null;
        }

        if (path.Any(char.IsControl)) return null;
        foreach (string root in _roots)
        {
            string full = Path.GetFullPath(Path.Combine(root, path));
            if (IsBelow(full, root) && File.Exists(full) && IsBelow(Real(full), root)) return full;
        }

        return null;
    }

    /// <summary>Whether an item's path could be one of an uploaded picture: such paths are ours to give.</summary>
    public static bool IsUploaded(string? path) => path?.StartsWith(Uploaded, StringComparison.Ordinal) == true;

    /// <summary>Reads a picture's file.</summary>
    /// <exception cref="InputException">It is too large or cannot be read.</exception>
    public byte[] Read(string file)
    {
        try
        {
            return RegularFile.ReadAll(file, (int)Math.Min(_most, int.MaxValue));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the picture cannot be read: {failure.GetType().Name}", failure);
        }
    }

    /// <summary>What a picture's first bytes say that it is; null for no picture that browsers and we both know.</summary>
    public static string? MediaType(ReadOnlySpan<byte> file) =>
        file.StartsWith(Data.Images.PngFile.Signature) ? "image/png"
        : file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
        : file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) ? "image/webp"
        : null;

    private static bool IsBelow(string path, string root) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // A path with every link on it followed: a link is a way out.
    private static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string root = Path.GetPathRoot(full)!, real = root;
        int links = 0;
        var parts = new Stack<string>(full[root.Length..].Split(Path.DirectorySeparatorChar).Reverse().Where(part => part.Length > 0));
        while (parts.TryPop(out string? part))
        {
            string next = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (info.LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > 40) return root;
            string aim = Path.GetFullPath(target, real);
            foreach (string more in aim[root.Length..].Split(Path.DirectorySeparatorChar).Reverse().Where(each => each.Length > 0))
                parts.Push(more);
            real = root;
        }

        return real;
    }
}
