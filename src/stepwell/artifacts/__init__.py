"""Values to bytes and back: serializers, lazy loading, previews at write time. The only home of pickle."""
