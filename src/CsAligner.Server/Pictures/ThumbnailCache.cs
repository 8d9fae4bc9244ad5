namespace CsAligner.Server.Pictures;

/// <summary>The small pictures that were asked for last.</summary>
internal sealed class ThumbnailCache
{
    private const long MostBytes = 64 << 20;

    private readonly Dictionary<string, LinkedListNode<(string Tag, byte[] Picture)>> _byTag = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Tag, byte[] Picture)> _lastFirst = [];
    private readonly Lock _lock = new();
    private long _bytes;

    /// <summary>A picture by its tag; null if it is not kept.</summary>
    public byte[]? Find(string tag)
    {
        lock (_lock)
        {
            if (!_byTag.TryGetValue(tag, out var node)) return null;
            _lastFirst.Remove(node);
            _lastFirst.AddFirst(node);
            return node.Value.Picture;
        }
    }

    /// <summary>Keeps a picture, for as long as there is room.</summary>
    public byte[] Keep(string tag, byte[] picture)
    {
        lock (_lock)
        {
            if (_byTag.ContainsKey(tag)) return picture;
            _byTag[tag] = _lastFirst.AddFirst((tag, picture));
            _bytes += picture.Length;
            while (_bytes > MostBytes)
            {
                var (oldTag, old) = _lastFirst.Last!.Value;
                _lastFirst.RemoveLast();
                _byTag.Remove(oldTag);
                _bytes -= old.Length;
            }
        }

        return picture;
    }
}
